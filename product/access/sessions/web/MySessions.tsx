import { useQueryClient } from '@tanstack/react-query'
import { Age, Badge, Button, Entry, EntryList, Skeleton, fullTime, useNow, useTimeFormat } from '@wardline/ui'
import { endMySession, mySessions } from '../contract.ts'
import { browserText } from '../preview.ts'
import { FailedBanner } from './FailedBanner.tsx'
import { keyOf, useAct, useAsk } from './call.tsx'
import { placeWords } from './place.ts'

/** The person's own open sessions, each but this one with a button to end it. */
export const MySessions = () => {
  const sessions = useAsk(mySessions)
  const end = useAct(endMySession)
  const queries = useQueryClient()
  const now = useNow()
  const format = useTimeFormat()
  if (sessions.error) return <FailedBanner failed={sessions.error} onRetry={() => void sessions.refetch()} />
  if (!sessions.data) return <Skeleton label="Your sessions" lines={3} />
  return (
    <>
      {end.failed && <FailedBanner failed={end.failed} />}
      <EntryList label="Your sessions">
        {sessions.data.sessions.map((it) => (
          <Entry
            key={it.id}
            name={browserText(it.browser)}
            note={
              <>
                {placeWords[it.place]}. Since {fullTime(it.startedAt, format)}, last active{' '}
                <Age at={it.lastActiveAt} now={now} format={format} />
              </>
            }
          >
            {it.current ? (
              <Badge tone="ok">This one</Badge>
            ) : (
              <Button
                size="small"
                aria-label={`End session, ${browserText(it.browser)}, ${placeWords[it.place]}, since ${fullTime(it.startedAt, format)}`}
                isPending={end.isPending}
                onPress={async () => {
                  await end.run({ params: { session: it.id } })
                  await queries.invalidateQueries({ queryKey: keyOf(mySessions) })
                }}
              >
                End session
              </Button>
            )}
          </Entry>
        ))}
      </EntryList>
    </>
  )
}
