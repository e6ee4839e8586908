import { FailedBanner, useAsk } from '@wardline/product/access/sessions/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import {
  Badge,
  ButtonLink,
  ChevronRightIcon,
  EmptyState,
  Pane,
  ShieldIcon,
  Skeleton,
  TimeOfDay,
  dayText,
  fullTime,
  useNow,
  useTimeFormat,
} from '@wardline/ui'
import { Fragment } from 'react'
import { auditEntries, newestCheckpointOf } from '../contract.ts'
import './audit.css'

type AuditPageProps = {
  /** Only entries before this index; the newest where absent. */
  before: string | undefined
  hrefBefore: (before: string | undefined) => string
}

const pageSize = 100

/** The audit log in sentences, newest first, under the newest signed checkpoint. */
export const AuditPage = ({ before, hrefBefore }: AuditPageProps) => {
  const now = useNow()
  const format = useTimeFormat()
  const { nameOf, find } = useColleagues()
  const isOlder = before !== undefined && /^\d{1,15}$/.test(before)
  const page = useAsk(
    auditEntries,
    { body: { limit: String(pageSize), ...(isOlder ? { before } : {}) } },
    isOlder ? {} : { pollMs: 10_000 },
  )
  const entries = page.data?.entries ?? []
  const last = entries.at(-1)
  return (
    <Pane title="Audit log" subtitle={page.data === undefined ? undefined : `${page.data.size.toLocaleString('en-US')} entries`}>
      <title>Audit log · Wardline</title>
      <div className="audit">
        <Checkpoint />
        {page.error ? (
          <FailedBanner failed={page.error} onRetry={() => void page.refetch()} />
        ) : page.data === undefined ? (
          <Skeleton label="Reading the log" lines={10} shape="rows" />
        ) : entries.length === 0 ? (
          <EmptyState icon={ShieldIcon} title="No entries">
            Everything that people and the server do with records is noted here.
          </EmptyState>
        ) : (
          <ol className="audit__list" aria-label="Entries, newest first">
            {entries.map((it, index) => {
              const day = dayText(it.at, now, format)
              const isNewDay = index === 0 || dayText(entries[index - 1]?.at ?? 0, now, format) !== day
              return (
                <Fragment key={it.index}>
                  {isNewDay && <li className="audit__day">{day}</li>}
                  <li className="audit__row">
                    <TimeOfDay at={it.at} format={format} withSeconds />
                    <span className="audit__says">
                      <strong>{it.actorName ?? (it.actor === null ? 'The server' : nameOf(it.actor))}</strong> {it.says}
                      {/* That somebody did it with themselves is said by the name before it. */}
                      {it.subjects[0] !== undefined && !(it.subjects.length === 1 && it.subjects[0] === it.actor) && (
                        <span className="audit__about">
                          {it.subjects.length === 1 ? ': ' : `: ${it.subjects.length}, first `}
                          {find(it.subjects[0])?.name ?? <span className="wl-mono">{it.subjects[0].slice(0, 8)}</span>}
                        </span>
                      )}
                      {it.erased && <Badge tone="expired">Content erased</Badge>}
                    </span>
                    <span className="audit__index">{it.index}</span>
                  </li>
                </Fragment>
              )
            })}
          </ol>
        )}
        <nav className="audit__pages" aria-label="Pages of the log">
          {isOlder && (
            <ButtonLink size="small" href={hrefBefore(undefined)}>
              Newest
            </ButtonLink>
          )}
          {last !== undefined && last.index > 0 && entries.length === pageSize && (
            <ButtonLink size="small" href={hrefBefore(String(last.index))} icon={<ChevronRightIcon />}>
              Older
            </ButtonLink>
          )}
        </nav>
      </div>
    </Pane>
  )
}

/** The newest signed head of the log, and how to check it without this server. */
const Checkpoint = () => {
  const format = useTimeFormat()
  const { data } = useAsk(newestCheckpointOf, {}, { pollMs: 30_000 })
  if (data === undefined) return null
  if (data.checkpoint === null)
    return (
      <section className="audit__checkpoint">
        <p>There is no signed checkpoint yet. The first one comes within a minute of the first entry.</p>
      </section>
    )
  const { size, at, note } = data.checkpoint
  return (
    <section className="audit__checkpoint" aria-label="Newest checkpoint">
      <p>
        <Badge tone="ok">Signed</Badge> Checkpoint over {size.toLocaleString('en-US')} entries, {fullTime(at, format)}
      </p>
      <details>
        <summary>The signed note, to keep outside</summary>
        <pre className="audit__note" tabIndex={0} aria-label="Signed note">
          {note}
        </pre>
        <p className="audit__about">
          Whoever has it can check with <code>wardline verify-audit</code> that nothing before it was changed.
        </p>
      </details>
    </section>
  )
}
