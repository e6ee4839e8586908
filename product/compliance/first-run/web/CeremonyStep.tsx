import { newUuid, toBase64url } from '@wardline/crypto'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { ceremonyFiles, CeremonyRefused, type Ceremony, type CeremonyPlan } from '@wardline/product/compliance/archive/client'
import { Actions, Banner, Button, ErrorSummary, Form, Prose, TextArea, TextField, useClock, type FormProblem } from '@wardline/ui'
import { useState } from 'react'
import { storeKeys } from '../contract.ts'
import { KeepPapers } from './KeepPapers.tsx'
import { useLookAgain, type StepProps } from './standing.ts'

/** Holds a ceremony where nothing of it stays: in a worker that ends with it. Rejects with CeremonyRefused. */
export type HoldCeremony = (plan: CeremonyPlan) => Promise<Ceremony>

const yearMs = 365.25 * 24 * 3_600_000
const linesOf = (text: string) =>
  text
    .split('\n')
    .map((it) => it.trim())
    .filter((it) => it !== '')

interface Held {
  readonly ceremony: Ceremony
  readonly names: ReadonlyMap<string, string>
}

const named = (people: StepProps['standing']['people']): readonly string[] => people.map((it) => it.name).toSorted()

/** Root key and archive key: made in this browser, kept on paper by named people, and only their public half sent to the server. */
export const CeremonyStep = ({ standing, onDone, hold }: StepProps & { hold: HoldCeremony }) => {
  const me = useMe()
  const clock = useClock()
  const officers = standing.people.filter((it) => it.roles.includes('privacy-officer'))
  const [custodians, setCustodians] = useState(() =>
    [...new Set([me.name, ...named(standing.people.filter((it) => it.roles.some((role) => role.endsWith('officer'))))])].join('\n'),
  )
  const [needed, setNeeded] = useState('2')
  const [years, setYears] = useState('2')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const [held, setHeld] = useState<Held | null>(null)
  const [isPending, setPending] = useState(false)
  const store = useAct(storeKeys)
  const lookAgain = useLookAgain()

  const begin = async () => {
    const names = linesOf(custodians)
    const threshold = Number(needed)
    const span = Number(years)
    const found: FormProblem[] = []
    if (names.length === 0 || names.length > 16 || new Set(names).size !== names.length)
      found.push({ fieldId: 'custodians', message: 'Name 1 to 16 people, each once, one a line.' })
    if (!Number.isInteger(threshold) || threshold < 1 || threshold > Math.max(1, names.length))
      found.push({ fieldId: 'needed', message: `Enter a whole number from 1 to ${Math.max(1, names.length)}.` })
    if (!Number.isInteger(span) || span < 1 || span > 10) found.push({ fieldId: 'years', message: 'Enter a whole number from 1 to 10.' })
    setProblems(found)
    if (found.length > 0) return
    // A custodian need not be one of the staff: a notary, a lawyer. The papers name them; what is signed has an id.
    const ids = new Map(names.map((name) => [standing.people.find((it) => it.name === name)?.person ?? newUuid(), name]))
    const time = clock.now()
    setPending(true)
    try {
      const ceremony = await hold({
        organisation: standing.organisation.id,
        time,
        until: time + Math.round(span * yearMs),
        custodians: [...ids.keys()],
        threshold,
        administrators: standing.people.filter((it) => it.roles.includes('administrator')).map((it) => it.person),
        archiveOfficers: officers.map((it) => it.person),
      })
      store.clear()
      setHeld({ ceremony, names: ids })
    } catch (thrown) {
      setProblems([
        {
          fieldId: 'custodians',
          message:
            thrown instanceof CeremonyRefused
              ? thrown.message
              : 'The keys could not be made in this browser. Nothing was stored; try again.',
        },
      ])
    } finally {
      setPending(false)
    }
  }
  const finish = async ({ ceremony }: Held) => {
    const result = await store.run({
      body: {
        root: toBase64url(ceremony.rootPublicKey),
        directorySeed: toBase64url(ceremony.directorySeed),
        directory: toBase64url(ceremony.directoryStatement),
        archive: toBase64url(ceremony.archiveStatement),
        trust: ceremony.trustStatements.map(toBase64url),
      },
    })
    if (!result.ok) return
    for (const seed of [ceremony.rootSeed, ceremony.directorySeed]) seed.fill(0)
    setHeld(null)
    await lookAgain()
    onDone()
  }

  if (held !== null)
    return (
      <>
        {store.failed && <FailedBanner failed={store.failed} />}
        <KeepPapers
          papers={ceremonyFiles(held.ceremony, { organisation: standing.organisation.name, person: (id) => held.names.get(id) ?? id })}
          isPending={store.isPending}
          onKept={() => void finish(held)}
          onAgain={() => setHeld(null)}
        />
      </>
    )
  if (standing.hasRoot)
    return (
      <>
        <Banner tone="info" title="The keys have been made.">
          {standing.archive === null
            ? 'The organisation has its root key.'
            : `Any ${standing.archive.threshold} of ${standing.archive.custodians} shares open the archive.`}
        </Banner>
        <Actions>
          <Button variant="primary" onPress={onDone}>
            Go on
          </Button>
        </Actions>
      </>
    )
  return (
    <>
      <Prose>
        <p>
          Messages between colleagues are sealed for an archive too, which can be opened for a court or an incident, and never by one person
          alone. Its key is split: each custodian keeps a part on paper.
        </p>
        <p>
          You also get the organisation’s <strong>root key</strong>: it says who is administrator and who may ask for the archive to be
          opened. Both are made in this browser, shown once, and never sent to the server. Have a printer ready. If you are interrupted
          before the end, nothing was stored: begin again and destroy what was printed.
        </p>
      </Prose>
      {officers.length === 0 && (
        <Banner tone="warning" title="No privacy officer is named yet.">
          The keys say who may ask for the archive to be opened. Naming somebody later takes the root key out of its safe again.
        </Banner>
      )}
      <ErrorSummary problems={problems} />
      <Form label="Key ceremony" onSubmit={() => void begin()}>
        <TextArea
          id="custodians"
          label="Custodians, one a line"
          description="Who keeps a part: people who would refuse each other. They need not work here."
          rows={4}
          value={custodians}
          onChange={setCustodians}
          errorMessage={problems.find((it) => it.fieldId === 'custodians')?.message}
        />
        <TextField
          id="needed"
          label="How many parts open it"
          inputMode="numeric"
          value={needed}
          onChange={setNeeded}
          errorMessage={problems.find((it) => it.fieldId === 'needed')?.message}
        />
        <TextField
          id="years"
          label="For how many years"
          inputMode="numeric"
          description="Before the end a new key is made; the root key is needed for it."
          value={years}
          onChange={setYears}
          errorMessage={problems.find((it) => it.fieldId === 'years')?.message}
        />
        <Actions>
          <Button type="submit" variant="primary" isPending={isPending} pendingLabel="Making the keys">
            Make the keys
          </Button>
        </Actions>
      </Form>
    </>
  )
}
