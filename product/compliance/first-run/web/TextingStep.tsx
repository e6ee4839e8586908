import { recordAgreement } from '@wardline/product/access/policies/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { setSmsChannel } from '@wardline/product/patients/texting/contract'
import { Actions, Badge, Banner, Button, Form, Prose, TextField, useClock } from '@wardline/ui'
import { useState } from 'react'
import { useLookAgain, type StepProps } from './standing.ts'

/** The agreement with the carrier and the number; and how others reach this server. */
export const TextingStep = ({ standing, onDone }: StepProps) => (
  <>
    <Agreement standing={standing} />
    <Number standing={standing} />
    <Prose>
      <h2>Reaching this server from outside</h2>
      {standing.items.find((it) => it.item === 'reachable')?.state === 'done' ? (
        <p>It has an https address. The carrier delivers what patients write there.</p>
      ) : (
        <p>
          Phones, passkeys and the carrier’s deliveries need an https address with a certificate. Whoever runs the server puts a proxy with
          TLS before it, or a tunnel, and sets WARDLINE_URL. Until then only this computer reaches it.
        </p>
      )}
      <p>Registering a number for business texts takes the carrier days to weeks: begin today.</p>
    </Prose>
    {standing.agreement && standing.channel && (
      <Actions>
        <Button variant="primary" onPress={onDone}>
          Go on
        </Button>
      </Actions>
    )}
  </>
)

const Agreement = ({ standing }: { standing: StepProps['standing'] }) => {
  const clock = useClock()
  const mayRecord = useMay('agreement.record').yes
  const record = useAct(recordAgreement)
  const lookAgain = useLookAgain()
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: standing.organisation.zone }).format(clock.now())
  const [startsOn, setStartsOn] = useState(today)
  const send = async () => {
    const result = await record.run({ body: { counterparty: 'twilio', kind: 'baa', startsOn } })
    if (result.ok) await lookAgain()
  }
  return (
    <>
      <Prose>
        <h2>Agreement with the carrier</h2>
        <p>
          Every text to a patient passes the carrier: a signed business associate agreement (45 CFR 164.502(e)) comes first.{' '}
          {standing.agreement && <strong>One is recorded and in force.</strong>}
        </p>
        {!standing.agreement && !mayRecord && <p>The privacy or security officer records it, once it is signed.</p>}
      </Prose>
      {record.failed && <FailedBanner failed={record.failed} />}
      {!standing.agreement && mayRecord && (
        <Form label="Agreement" onSubmit={() => void send()}>
          <TextField
            id="agreement-day"
            label="Signed with Twilio, in force from"
            description={`Year, month, day; today is ${today}.`}
            value={startsOn}
            onChange={setStartsOn}
            isMono
          />
          <Actions>
            <Button type="submit" isPending={record.isPending}>
              Record the agreement
            </Button>
          </Actions>
        </Form>
      )}
    </>
  )
}

const Number = ({ standing }: { standing: StepProps['standing'] }) => {
  const [number, setNumber] = useState('')
  const [practiceName, setPracticeName] = useState(standing.organisation.name.slice(0, 40))
  const [phone, setPhone] = useState('')
  const connect = useAct(setSmsChannel)
  const lookAgain = useLookAgain()
  const send = async () => {
    const result = await connect.run({ body: { number: number.replace(/[\s()-]/g, ''), practiceName, phone } })
    if (result.ok) await lookAgain()
  }
  if (standing.channel)
    return (
      <Prose>
        <h2>Number</h2>
        <p>
          <Badge tone="ok">Connected</Badge>
        </p>
      </Prose>
    )
  return (
    <>
      <Prose>
        <h2>Number</h2>
      </Prose>
      {connect.failed && <FailedBanner failed={connect.failed} />}
      {connect.failed === null && !standing.agreement && (
        <Banner tone="info">You can connect it already. No patient gets a text until the agreement is recorded.</Banner>
      )}
      <Form label="Number" onSubmit={() => void send()}>
        <TextField
          id="sms-number"
          label="Number that texts come from"
          description="With country code, like +1 312 555 0100."
          value={number}
          onChange={setNumber}
          isMono
        />
        <TextField id="sms-name" label="How texts name you" value={practiceName} onChange={(it) => setPracticeName(it.slice(0, 40))} />
        <TextField id="sms-phone" label="Phone that patients can call" value={phone} onChange={(it) => setPhone(it.slice(0, 30))} />
        <Actions>
          <Button type="submit" isPending={connect.isPending} isDisabled={number === '' || practiceName === '' || phone === ''}>
            Connect the number
          </Button>
        </Actions>
      </Form>
    </>
  )
}
