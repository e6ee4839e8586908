import { teamFailures, type TeamFailureCode } from '@wardline/product/team/messages/client'
import { Banner, Button } from '@wardline/ui'

/** Why this browser's device did not do what was asked, and what to do next. */
export const TeamFailed = ({ code }: { code: TeamFailureCode }) => (
  <Banner tone="danger" title={teamFailures[code].what} live="polite">
    {teamFailures[code].next}
  </Banner>
)

/** Where somebody is to sign and this browser has no keys of theirs: it can become a device. */
export const NotADevice = ({ onSetUp }: { onSetUp: () => void }) => (
  <Banner
    tone="info"
    title="This browser is none of your devices."
    action={
      <Button size="small" onPress={onSetUp}>
        Set it up
      </Button>
    }
  >
    You sign with the keys of a device. Set this browser up as one, or sign on another device.
  </Banner>
)
