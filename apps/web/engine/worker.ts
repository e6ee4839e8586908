/** The device's engine, alone in a worker: keys, messages and their store never reach the page's own thread. */
import { runTeamWorker } from '@wardline/product/team/messages/client'

runTeamWorker({
  now: () => Date.now(),
  later: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
})
