import type { GivesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { alertClosed } from '../contract.ts'
import type { Closing, listAlerts } from '../contract.ts'
import { lockAlert, readAlerts, setClosed } from './queries.ts'

const context = (alert: string) => `access_alert|${alert}`

/** The queue, open alerts first. */
export async function queue(db: Db, keys: KeyLedger): Promise<GivesOf<typeof listAlerts>> {
  const alerts = (await readAlerts(db)).map((row) => ({
    alert: row.alert,
    person: row.person,
    rule: row.rule,
    patient: row.patient,
    times: row.times,
    firstAt: row.first_at.getTime(),
    lastAt: row.last_at.getTime(),
    closed:
      row.closed_by === null || row.closed_at === null || row.reason === null
        ? null
        : {
            by: row.closed_by,
            at: row.closed_at.getTime(),
            reason: row.reason,
            note: keys.open(db.org, row.data_key!, row.sealed!, context(row.alert)).toString('utf8'),
          },
  }))
  return { alerts, open: alerts.filter((it) => it.closed === null).length }
}

/** Closes an alert. Undefined: there is none of this id. */
export async function close(
  tx: Tx,
  keys: KeyLedger,
  alert: string,
  it: { readonly reason: Closing; readonly note: string },
): Promise<'closed' | 'own-access' | 'already-closed' | undefined> {
  const row = await lockAlert(tx, alert)
  if (!row) return undefined
  if (row.person === tx.by.actor) return 'own-access'
  if (row.closed_at !== null) return 'already-closed'
  const note = await keys.seal({ org: tx.org, bucket: 'patients', month: monthOf(tx.at) }, Buffer.from(it.note.trim()), context(alert))
  await setClosed(tx, alert, { reason: it.reason, ...note })
  tx.announce(alertClosed, { key: `person|${row.person}`, payload: { alert, person: row.person, rule: row.rule, reason: it.reason } })
  return 'closed'
}
