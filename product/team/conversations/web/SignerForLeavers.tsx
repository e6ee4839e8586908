import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { type Team, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Actions, Badge, Banner, Button, Panel, Prose, Skeleton } from '@wardline/ui'
import { useState } from 'react'
import { listLeavers, makeHand, readHand, signHand } from '../contract.ts'
import { NotADevice, TeamFailed } from '@wardline/product/team/directory/web'

type SignerForLeaversProps = {
  /** This browser's device; null: messages are not set up here, so it signs nothing. */
  team: Pick<Team, 'signHand'> | null
  me: string
  maySet: boolean
  nameOf: (person: string) => string
  /** Makes this browser a device. */
  onSetUp: () => void
}

/** Whether leavers are taken out of conversations by a signature, and, where not, how two administrators see to it. */
export const SignerForLeavers = ({ team, me, maySet, nameOf, onSetUp }: SignerForLeaversProps) => {
  const queries = useQueryClient()
  const asked = useAsk(readHand, {}, { pollMs: 15_000 })
  const make = useAct(makeHand)
  const sign = useAct(signHand)
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<TeamFailureCode | null>(null)
  if (asked.error) return <FailedBanner failed={asked.error} onRetry={() => void asked.refetch()} />
  if (!asked.data) return <Skeleton label="Who signs for leavers" lines={2} />
  const { named, pending, signers } = asked.data
  const press = async () => {
    if (team === null || isPending) return
    setPending(true)
    setFailed(null)
    const made = await make.run({ body: {} })
    const hand = made.ok ? made.value : null
    if (hand?.person) {
      const signed = await team.signHand({ person: hand.person, statement: hand.pending?.statement ?? null })
      if (signed.ok) await sign.run({ body: signed.value })
      else setFailed(signed.code)
    }
    setPending(false)
    for (const it of [readHand, listLeavers]) await queries.invalidateQueries({ queryKey: keyOf(it) })
  }
  const isMine = pending?.by === me
  return (
    <Panel title="Who signs for leavers">
      {make.failed && <FailedBanner failed={make.failed} />}
      {sign.failed && <FailedBanner failed={sign.failed} />}
      {failed !== null && <TeamFailed code={failed} />}
      <Prose>
        {named ? (
          <p>
            <Badge tone="ok">Named</Badge> The directory’s own signer takes leavers out of conversations: the next message is sealed without
            them, and each device can verify it.
          </p>
        ) : (
          <>
            <p>
              Nobody signs for leavers yet. Somebody whose access ends gets nothing any more, but that is the server’s word alone:
              conversations keep them on their list until somebody removes them.
            </p>
            <p>
              Two administrators can name the directory’s own signer. It may only take out whom your directory, or an administrator, has let
              go; it lets nobody in and opens nothing.
            </p>
            {pending !== null && (
              <p>
                <Badge tone="pending">Signed once</Badge>{' '}
                {isMine
                  ? 'You have signed; another administrator must sign too.'
                  : `${nameOf(pending.by)} has signed; a second administrator must sign too.`}
              </p>
            )}
          </>
        )}
      </Prose>
      {!named && maySet && signers < 2 && (
        <Banner tone="warning" title={`The signed list of administrators names ${signers === 1 ? 'one person' : 'nobody'}.`}>
          Two must sign. Name more at a key ceremony.
        </Banner>
      )}
      {!named && maySet && team === null && <NotADevice onSetUp={onSetUp} />}
      {!named && maySet && team !== null && !isMine && (
        <Actions>
          <Button isPending={isPending} pendingLabel="Signing" onPress={() => void press()}>
            {pending === null ? 'Sign as the first' : 'Sign as the second'}
          </Button>
        </Actions>
      )}
    </Panel>
  )
}
