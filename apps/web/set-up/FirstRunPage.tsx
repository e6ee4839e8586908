import { useMe } from '@wardline/product/access/provisioning/web'
import { SetUp, type Standing } from '@wardline/product/compliance/first-run/web'
import { Button, TaskPage } from '@wardline/ui'
import { DemoBar } from '../shell/DemoBar.tsx'
import { holdInWorker } from './hold.ts'

type FirstRunPageProps = { standing: Standing; onMakeKeys: () => void; onSignOut: () => void }

/** The whole page while an organisation is set up for the first time. */
export const FirstRunPage = ({ standing, onMakeKeys, onSignOut }: FirstRunPageProps) => {
  const me = useMe()
  return (
    <div className="first-run">
      <SetUp
        standing={standing}
        hold={holdInWorker}
        onMakeKeys={onMakeKeys}
        begin="next"
        frame={({ title, subtitle, children, foot }) => (
          <TaskPage
            brand="Wardline"
            title={title}
            subtitle={subtitle}
            banners={<DemoBar />}
            foot={
              <>
                {foot}
                <span>Signed in as {me.name}. What is done is kept; you can go on later, in any browser.</span>
                <Button variant="quiet" size="small" onPress={onSignOut}>
                  Sign out
                </Button>
              </>
            }
          >
            {children}
          </TaskPage>
        )}
      />
    </div>
  )
}
