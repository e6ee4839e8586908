import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { CallsProvider, openCalls } from '@wardline/product/access/sessions/web'
import type { Returned } from '@wardline/product/access/sso/web'
import { AnnouncerProvider, Spinner, TaskPage } from '@wardline/ui'
import { lazy, Suspense, useMemo } from 'react'

const SsoReturn = lazy(async () => ({ default: (await import('@wardline/product/access/sso/web')).SsoReturn }))

/** The page at which a browser comes back from an organisation's sign-in service. */
export const Returning = ({ returned }: { returned: Returned }) => {
  const calls = useMemo(() => openCalls(() => undefined), [])
  const queries = useMemo(() => new QueryClient(), [])
  return (
    <QueryClientProvider client={queries}>
      <CallsProvider calls={calls}>
        <AnnouncerProvider>
          <Suspense
            fallback={
              <TaskPage brand="Wardline" title="Your organisation’s sign-in">
                <Spinner label="Opening Wardline" />
              </TaskPage>
            }
          >
            <SsoReturn returned={returned} />
          </Suspense>
        </AnnouncerProvider>
      </CallsProvider>
    </QueryClientProvider>
  )
}
