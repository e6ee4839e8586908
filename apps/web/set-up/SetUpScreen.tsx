import { FailedBanner } from '@wardline/product/access/sessions/web'
import { SetUp, useFirstRun } from '@wardline/product/compliance/first-run/web'
import { Pane, Skeleton } from '@wardline/ui'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import { useDesk } from '../shell/desk.tsx'
import { holdInWorker } from './hold.ts'

/** What is still unsafe, after the first run: found out anew each time. */
export const SetUpScreen = () => {
  const run = useFirstRun()
  const { resumeTeam } = useDesk()
  if (run.error) return <FailedBanner failed={run.error} onRetry={() => void run.refetch()} />
  if (!run.data) return <Skeleton label="The checklist" lines={6} />
  return (
    <SetUp
      standing={run.data}
      hold={holdInWorker}
      onMakeKeys={() => {
        resumeTeam()
        go(paths.inbox())
      }}
      begin="checklist"
      frame={({ title, subtitle, children, foot }) => (
        <Pane title={title} subtitle={subtitle} onBack={() => go(paths.settings())} backLabel="Back to Settings">
          <div className="first-run__page">
            {children}
            {foot}
          </div>
        </Pane>
      )}
    />
  )
}
