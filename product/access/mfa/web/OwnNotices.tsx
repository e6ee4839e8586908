import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Button, EmptyState, Entry, EntryList, fullTime, Panel, Skeleton, useTimeFormat } from '@wardline/ui'
import { notices, ownNotices, readNotice } from '../contract.ts'
import { noticeWords } from './Notices.tsx'
import { NotMe } from './NotMe.tsx'

/** Everything that one was told about oneself: what was changed, when and by whom. */
export const OwnNotices = ({ nameOf, settings }: { nameOf: (person: string) => string; settings: string }) => {
  const queries = useQueryClient()
  const own = useAsk(ownNotices, {}, { pollMs: 60_000 })
  const read = useAct(readNotice)
  const format = useTimeFormat()
  if (own.error) return <FailedBanner failed={own.error} onRetry={() => void own.refetch()} />
  if (!own.data) return <Skeleton label="What was changed about you" lines={5} />
  const all = own.data.notices
  return (
    <Panel title="Your sign-in, devices and roles">
      {read.failed && <FailedBanner failed={read.failed} />}
      {all.length === 0 ? (
        <EmptyState title="Nothing was changed" level={3}>
          When somebody changes your roles, your ways to sign in or your devices, it stands here, also after you have put it away.
        </EmptyState>
      ) : (
        <>
          <p className="page__quiet">If one of these was not you and not expected, tell your administrator at once.</p>
          <EntryList label="What was changed about you">
            {all.map((it) => (
              <Entry
                key={it.id}
                name={noticeWords[it.what]}
                note={`${fullTime(it.at, format)}${it.by === null ? '' : `, by ${nameOf(it.by)}`}`}
              >
                {it.what === 'signed-in-anew' && <NotMe settings={settings} />}
                {it.read ? (
                  <Badge tone="ok">Read</Badge>
                ) : (
                  <Button
                    size="small"
                    isPending={read.isPending}
                    aria-label={`Put away: ${noticeWords[it.what]} ${fullTime(it.at, format)}`}
                    onPress={async () => {
                      await read.run({ params: { notice: it.id } })
                      for (const list of [notices, ownNotices]) await queries.invalidateQueries({ queryKey: keyOf(list) })
                    }}
                  >
                    Put away
                  </Button>
                )}
              </Entry>
            ))}
          </EntryList>
        </>
      )}
    </Panel>
  )
}
