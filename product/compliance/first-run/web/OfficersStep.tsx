import { setRoles } from '@wardline/product/access/provisioning/contract'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Actions, Banner, Button, Form, Prose, Select } from '@wardline/ui'
import { useState } from 'react'
import { useLookAgain, type StepProps } from './standing.ts'

const offices = [
  // Each at once: whom an administrator just appointed is not asked to agree with them.
  {
    role: 'security-officer',
    title: 'Security officer',
    says: 'Answers for devices, access and the log. Agrees to what administrators ask for.',
  },
  {
    role: 'privacy-officer',
    title: 'Privacy officer',
    says: 'Answers for what is done with patients’ data, and reviews who looked at it.',
  },
] as const

/** Who answers for privacy and for security. Nobody names themselves. */
export const OfficersStep = ({ standing, onDone }: StepProps) => {
  const isWhole = offices.every(({ role }) => standing.people.some((it) => it.roles.includes(role)))
  return (
    <>
      {offices.map((office) => (
        <Office key={office.role} office={office} standing={standing} />
      ))}
      {isWhole && (
        <Actions>
          <Button variant="primary" onPress={onDone}>
            Go on
          </Button>
        </Actions>
      )}
    </>
  )
}

const Office = ({ office, standing }: { office: (typeof offices)[number]; standing: StepProps['standing'] }) => {
  const me = useMe()
  const [person, setPerson] = useState<string | null>(null)
  const [waits, setWaits] = useState(false)
  const name = useAct(setRoles)
  const lookAgain = useLookAgain()
  const holders = standing.people.filter((it) => it.roles.includes(office.role))
  // Whoever runs the system does not judge its records, and an auditor holds no office.
  const others = standing.people.filter(
    (it) => it.person !== me.person && !it.roles.includes('administrator') && !it.roles.includes('auditor'),
  )
  const appoint = async () => {
    const chosen = others.find((it) => it.person === person)
    if (chosen === undefined) return
    const roles = [...chosen.roles, office.role] as typeof me.roles
    const result = await name.run({ params: { person: chosen.person }, body: { roles } })
    if (!result.ok) return
    setWaits(result.value.waits.length > 0)
    await lookAgain()
  }
  return (
    <>
      <Prose>
        <h2>{office.title}</h2>
        <p>{office.says}</p>
        {holders.length > 0 && (
          <p>
            <strong>{holders.map((it) => it.name).join(', ')}</strong>
          </p>
        )}
      </Prose>
      {name.failed && <FailedBanner failed={name.failed} />}
      {waits && (
        <Banner tone="info" title="A second person has to agree." live="polite">
          Another officer is asked. Until then the office is open; you can put this step off.
        </Banner>
      )}
      {holders.length === 0 && others.length === 0 && (
        <Banner tone="warning" title="There is nobody to name.">
          Add people first. Nobody names themselves; the owner of a small practice who is privacy officer too says so with “wardline init
          --exception”.
        </Banner>
      )}
      {holders.length === 0 && others.length > 0 && !waits && (
        <Form label={office.title} onSubmit={() => void appoint()}>
          <Select
            label={`Who is ${office.title.toLowerCase()}`}
            options={others.map((it) => ({ id: it.person, text: it.name }))}
            value={person}
            onChange={(it) => setPerson(it === null ? null : String(it))}
          />
          <Actions>
            <Button type="submit" isPending={name.isPending} isDisabled={person === null}>
              Name as {office.title.toLowerCase()}
            </Button>
          </Actions>
        </Form>
      )}
    </>
  )
}
