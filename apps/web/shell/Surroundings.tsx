import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { CallsProvider, type openCalls } from '@wardline/product/access/sessions/web'
import { AnnouncerProvider, ClockProvider } from '@wardline/ui'
import { lazy, Suspense, useMemo, type ReactNode } from 'react'
import { clockOf, type openServerClock } from '../clock.ts'
import type { useProving } from './proving.ts'

const StepUpDialog = lazy(async () => ({ default: (await import('@wardline/product/access/passkeys/web')).StepUpDialog }))

export type SurroundingsProps = {
  queries: QueryClient
  calls: ReturnType<typeof openCalls>
  serverClock: ReturnType<typeof openServerClock>
  /** The organisation's zone; UTC while nobody is in. */
  zone: string
  /** What a call waits for: that the person proves themselves once more. Null: nothing. */
  proving: ReturnType<typeof useProving>['proving']
  /** Shown until the code of what is shown is there. */
  opening: ReactNode
  children: ReactNode
}

/** What everything in the page stands in, whoever is at this browser: its calls, its clock, what is read out, and the dialog that asks for a proof. */
export const Surroundings = ({ queries, calls, serverClock, zone, proving, opening, children }: SurroundingsProps) => {
  const clock = useMemo(() => clockOf(serverClock, zone), [serverClock, zone])
  return (
    <QueryClientProvider client={queries}>
      <CallsProvider calls={calls}>
        <ClockProvider clock={clock}>
          <AnnouncerProvider>
            <Suspense fallback={opening}>{children}</Suspense>
            <Suspense fallback={null}>{proving !== null && <StepUpDialog onDone={proving.answer} />}</Suspense>
          </AnnouncerProvider>
        </ClockProvider>
      </CallsProvider>
    </QueryClientProvider>
  )
}
