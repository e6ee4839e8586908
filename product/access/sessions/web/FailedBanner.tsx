import { Banner, Button } from '@wardline/ui'
import type { Failed } from './call.tsx'

/** What went wrong in the contract's words: what happened, what was kept, what to do next, and the code to quote. */
export const FailedBanner = ({ failed, onRetry }: { failed: Pick<Failed, 'code' | 'what' | 'next'>; onRetry?: () => void }) => (
  <Banner
    tone={failed.code === 'unreachable' ? 'warning' : 'danger'}
    title={failed.what}
    live="polite"
    {...(onRetry === undefined
      ? {}
      : {
          action: (
            <Button size="small" onPress={onRetry}>
              Try again
            </Button>
          ),
        })}
  >
    {failed.next} <span className="wl-mono">({failed.code})</span>
  </Banner>
)
