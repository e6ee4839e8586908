import { useTeamState } from '@wardline/product/team/messages/web'
import { ConnectionChip, timeOfDay, useNow, useTimeFormat, type ConnectionState } from '@wardline/ui'

/** What is shown is called old once the server was not heard for so long; it beats every 10 s. */
const oldAfterMs = 15_000

/** How fresh the page is, in words: connected, offline with what waits, or as of when. */
export const Connection = () => {
  const state = useTeamState()
  const now = useNow(1000)
  const format = useTimeFormat()
  if (state === null || state.status !== 'ready') return null
  const it: ConnectionState =
    state.connection === 'offline' || state.connection === 'signed-out'
      ? { kind: 'offline', queued: state.waiting }
      : state.asOf === null || state.connection === 'connecting'
        ? { kind: 'connecting' }
        : now - state.asOf > oldAfterMs
          ? { kind: 'as-of', at: timeOfDay(state.asOf, format, true) }
          : { kind: 'online' }
  return <ConnectionChip state={it} />
}
