import { approvePending, declinePending } from '@wardline/product/access/dual-control/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Banner, Button } from '@wardline/ui'

type WaitingProps = {
  waiting: { act: string; decidable: true | string }
  /** Who asked, as a sentence begins. */
  asker: string
  /** What would be, in a sentence. */
  says: string
  onDecided: (text: string) => void
}

/** A change of networks that waits for a second person, and the way to decide it. */
export const Waiting = ({ waiting: { act, decidable }, asker, says, onDecided }: WaitingProps) => {
  const approve = useAct(approvePending)
  const decline = useAct(declinePending)
  const mayDecide = useMay('role.approve')
  const failed = approve.failed ?? decline.failed
  const decide = async (how: typeof approve | typeof decline, text: string) => {
    if ((await how.run({ params: { act }, body: {} })).ok) onDecided(text)
  }
  return (
    <>
      {failed && <FailedBanner failed={failed} />}
      <Banner
        tone="warning"
        title={`${asker} asks for a change.`}
        action={
          mayDecide.yes &&
          decidable === true && (
            <>
              <Button size="small" isPending={decline.isPending} onPress={() => void decide(decline, 'Declined. Nothing was changed.')}>
                Decline
              </Button>
              <Button
                size="small"
                variant="primary"
                isPending={approve.isPending}
                onPress={() => void decide(approve, 'It counts from now on.')}
              >
                Agree
              </Button>
            </>
          )
        }
      >
        {says} {mayDecide.yes && decidable !== true && decidable}
      </Banner>
    </>
  )
}
