import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { teamFailures, type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import {
  Actions,
  Banner,
  Button,
  Dialog,
  EmptyState,
  Entry,
  EntryList,
  ErrorSummary,
  Form,
  Panel,
  Prose,
  Skeleton,
  TextField,
  useDone,
  useTimeFormat,
} from '@wardline/ui'
import { useEffect, useState } from 'react'
import { newIdentities, signNewIdentity, stopNewIdentity } from '../contract.ts'
import './lost-keys.css'
import { devicesOf, standingOf, type Request } from './words.ts'
import { NotADevice, TeamFailed } from '@wardline/product/team/directory/web'

type NewIdentitiesProps = {
  /** This browser's device; null: messages are not set up here, so it signs nothing. */
  team: Pick<Team, 'signNewIdentity' | 'knownAs'> | null
  me: string
  maySign: boolean
  nameOf: (person: string) => string
  /** Makes this browser a device. */
  onSetUp: () => void
}

/** People who lost everything that opens their messages: administrators sign their new identity, officers can stop it. */
export const NewIdentities = ({ team, me, maySign, nameOf, onSetUp }: NewIdentitiesProps) => {
  const queries = useQueryClient()
  const listed = useAsk(newIdentities, {}, { pollMs: 15_000 })
  const stop = useAct(stopNewIdentity)
  const format = useTimeFormat()
  const { done, say } = useDone()
  const [signing, setSigning] = useState<Request | null>(null)
  if (listed.error) return <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
  if (!listed.data) return <Skeleton label="New identities" lines={2} />
  const { requests, signers } = listed.data
  const again = () => queries.invalidateQueries({ queryKey: keyOf(newIdentities) })
  const end = async (it: Request) => {
    const stopped = await stop.run({ params: { request: it.request }, body: {} })
    if (stopped.ok) say(`The new identity of ${nameOf(it.person)} is stopped.`)
    await again()
  }
  return (
    <Panel title="New identities">
      {done}
      {stop.failed && <FailedBanner failed={stop.failed} />}
      {maySign && signers < 3 && (
        <Banner tone="warning" title={`The signed list of administrators names ${signers === 1 ? 'one person' : `${signers} people`}.`}>
          Two others must sign for somebody who lost every key: for an administrator that takes three. Name more at a key ceremony.
        </Banner>
      )}
      {requests.length === 0 ? (
        <EmptyState title="Nobody asks for a new identity" level={3}>
          Who has lost every device, passkey and recovery key asks for one after signing in, and stands here.
        </EmptyState>
      ) : (
        <EntryList label="New identities under way">
          {requests.map((it) => (
            <Entry key={it.request} name={nameOf(it.person)} note={`${standingOf(it, nameOf, format)} ${devicesOf(it, format)}`}>
              {maySign && !it.mine && (it.state === 'asked' || it.state === 'signed') && !it.by.includes(me) && (
                <Button size="small" aria-label={`Compare and sign: ${nameOf(it.person)}`} onPress={() => setSigning(it)}>
                  Compare and sign
                </Button>
              )}
              {it.mayStop && (
                <Button
                  size="small"
                  variant="quiet"
                  aria-label={`Stop the new identity of ${nameOf(it.person)}`}
                  isPending={stop.isPending}
                  onPress={() => void end(it)}
                >
                  Stop
                </Button>
              )}
            </Entry>
          ))}
        </EntryList>
      )}
      {signing !== null && (
        <Sign
          team={team}
          it={requests.find((it) => it.request === signing.request) ?? signing}
          name={nameOf(signing.person)}
          onSetUp={onSetUp}
          onStop={() => {
            setSigning(null)
            void end(signing)
          }}
          onClose={(signed) => {
            setSigning(null)
            if (signed) say(`You have signed the new identity of ${nameOf(signing.person)}.`)
            void again()
          }}
        />
      )}
    </Panel>
  )
}

type SignProps = Pick<NewIdentitiesProps, 'team' | 'onSetUp'> & {
  it: Request
  name: string
  onStop: () => void
  onClose: (signed: boolean) => void
}

/** The digits are typed from what the person says, never shown: whoever has nobody in front of them has nothing to type. */
const Sign = ({ team, it, name, onSetUp, onStop, onClose }: SignProps) => {
  const act = useAct(signNewIdentity)
  const [digits, setDigits] = useState('')
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  const [employee, setEmployee] = useState<string | null>(null)
  const format = useTimeFormat()
  const works = it.devices?.work === true
  useEffect(() => {
    let isOver = false
    void team?.knownAs(it.person).then((known) => {
      if (isOver) return
      if (known.ok) setEmployee(known.value.employee)
      else setFailed(known.code)
    })
    return () => {
      isOver = true
    }
  }, [team, it.person])
  const sign = async () => {
    if (team === null || employee === null || works || isPending) return
    setPending(true)
    setFailed(null)
    const { person, identityKey, statement, request } = it
    const made = await team.signNewIdentity({ person, employee, identityKey, digits, statement })
    const kept = made.ok ? await act.run({ params: { request }, body: made.value }) : null
    setPending(false)
    if (!made.ok) setFailed(made.code)
    if (kept?.ok) onClose(true)
  }
  const problem = failed === 'wrong-digits' ? teamFailures[failed] : null
  return (
    <Dialog
      title={`A new identity for ${name}`}
      subtitle={it.statement === null ? 'You are the first to sign.' : 'You are the second to sign.'}
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose(false)}
      actions={
        team !== null &&
        employee !== null &&
        !works && (
          <Button variant="primary" isPending={isPending} pendingLabel="Signing" onPress={() => void sign()}>
            Sign it
          </Button>
        )
      }
    >
      {team === null && <NotADevice onSetUp={onSetUp} />}
      {act.failed && <FailedBanner failed={act.failed} />}
      {failed !== null && problem === null && <TeamFailed code={failed} />}
      {works && (
        <>
          <Banner tone="danger" title={`Messages of ${name} open on a device that is in use.`} live="polite">
            {devicesOf(it, format)}
          </Banner>
          <Prose>
            <p>
              Nobody can sign meanwhile. Ask {name} about that device. If it is theirs and at hand, they need no new identity: stop this
              request.
            </p>
            <p>
              If somebody else has it, it must be reported as lost: by {name}, on the screen where they asked, or by you, among {name}’s
              devices under “Change” on this page. Then you can sign.
            </p>
          </Prose>
          {it.mayStop && (
            <Actions>
              <Button onPress={onStop}>Stop this request</Button>
            </Actions>
          )}
        </>
      )}
      {!works && it.devices?.seen && (
        <Banner tone="warning" title={`Ask ${name} where their devices are.`}>
          {devicesOf(it, format)}
        </Banner>
      )}
      <ErrorSummary problems={problem ? [{ fieldId: 'identity-digits', message: problem.what, next: problem.next }] : []} />
      {!works && (
        <Prose>
          <p>
            Meet {name}, or call them where you know their face or voice. Let them read out the thirty digits on their screen. Do not take
            them from a message or e-mail: whoever signed in as {name} could have written it.
          </p>
          {employee !== null && (
            <p>
              On the signed staff list they are <strong>{employee}</strong>. Let them say this name too: it is what the digits belong to,
              whatever name stands above.
            </p>
          )}
          {it.devices !== null && it.devices.seen === null && <p>{devicesOf(it, format)}</p>}
          <p>It counts a day after the first signature. Everybody who writes with {name} sees that you have signed.</p>
        </Prose>
      )}
      {team !== null && !works && (
        <Form label="Digits" onSubmit={() => void sign()}>
          <TextField
            id="identity-digits"
            label={`Digits that ${name} reads out`}
            inputMode="numeric"
            autoComplete="off"
            spellCheck="false"
            isMono
            value={digits}
            onChange={setDigits}
            errorMessage={problem?.what}
          />
        </Form>
      )}
    </Dialog>
  )
}
