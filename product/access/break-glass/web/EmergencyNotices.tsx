import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Button, EmptyState, Entry, EntryList, fullTime, Panel, Skeleton, TextLink, useTimeFormat } from '@wardline/ui'
import { myNotices, putAwayNotices, reasonWords } from '../contract.ts'

type Notice = GivesOf<typeof myNotices>['notices'][number]

const kindWords: Readonly<Record<Notice['kind'], string>> = {
  opened: 'A record was opened in an emergency',
  digest: 'The record of somebody in your care was opened in an emergency',
  overdue: 'The review of an emergency opening is late',
}

type EmergencyNoticesProps = {
  nameOf: (person: string) => string
  patientOf: (patient: string) => string
  hrefOf: (patient: string) => string
}

/** What one was told of emergency openings: to officers at once, to the care team the morning after. */
export const EmergencyNotices = ({ nameOf, patientOf, hrefOf }: EmergencyNoticesProps) => {
  const queries = useQueryClient()
  const told = useAsk(myNotices, {}, { pollMs: 60_000 })
  const put = useAct(putAwayNotices)
  const format = useTimeFormat()
  if (told.error) return <FailedBanner failed={told.error} onRetry={() => void told.refetch()} />
  if (!told.data) return <Skeleton label="Emergency openings that concern you" lines={3} />
  const all = told.data.notices
  const away = async (notices: string[]) => {
    if ((await put.run({ body: { notices } })).ok) await queries.invalidateQueries({ queryKey: keyOf(myNotices) })
  }
  return (
    <Panel
      title="Emergency openings that concern you"
      actions={
        all.length > 1 ? (
          <Button size="small" isPending={put.isPending} onPress={() => void away(all.map((it) => it.notice))}>
            Put all away
          </Button>
        ) : null
      }
    >
      {put.failed && <FailedBanner failed={put.failed} />}
      {all.length === 0 ? (
        <EmptyState title="Nothing to look at" level={3}>
          When somebody opens the record of a patient in your care in an emergency, you read it here the next morning.
        </EmptyState>
      ) : (
        <EntryList label="Emergency openings that concern you">
          {all.map((it) => (
            <Entry
              key={it.notice}
              name={kindWords[it.kind]}
              note={
                <>
                  {nameOf(it.person)} ({it.roles.map((role) => roleWords[role as Role] ?? role).join(', ')}
                  {it.unit === '' ? '' : `, ${it.unit}`}), {reasonWords[it.reason].toLowerCase()}, {fullTime(it.at, format)}.{' '}
                  <TextLink href={hrefOf(it.patient)}>{patientOf(it.patient)}</TextLink>
                </>
              }
            >
              <Button
                size="small"
                isPending={put.isPending}
                aria-label={`Put away: ${kindWords[it.kind]}, ${fullTime(it.at, format)}`}
                onPress={() => void away([it.notice])}
              >
                Put away
              </Button>
            </Entry>
          ))}
        </EntryList>
      )}
    </Panel>
  )
}
