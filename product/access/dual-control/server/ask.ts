import { bySystem, newId } from '@wardline/platform/server'
import type { Caller, Db, DueWork, Tx } from '@wardline/platform/server'
import { grantedLately, grantsOfPeople, may, rolesOf } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'
import { pendingAsked, pendingExpired } from '../contract.ts'
import type { DecisionRefusal } from '../rules.ts'
import { appointmentHours, isMadeByAsker, judgeDecision, pendingHours, refusalWords } from '../rules.ts'
import { decide, duePending, insertPending, lockPending, readPending } from './queries.ts'
import type { PendingRow } from './queries.ts'

/** What a feature does once a second person agreed. */
export interface Performer {
  readonly kind: string
  /** The act of the matrix that lets somebody ask; who no longer may is not answered. */
  readonly ask: Action
  /** The act of the matrix that lets somebody decide. */
  readonly approve: Action
  /** What is to be done, after "asked to". */
  says(payload: unknown): string
  /** Does it in the approver's transaction, who is at `whence` (null: unknown). False: it is no longer possible. */
  perform(tx: Tx, subject: string, payload: unknown, whence: string | null): Promise<boolean | 'not-from-here'>
}

/** Those of somebody's roles that let them decide. */
export const deciding = (roles: readonly string[], approve: Action): string[] => roles.filter((role) => may([role], approve).yes)

/**
 * By whom somebody was lately made what they would decide by: they are no second person for whatever these ask. For the two-person changes
 * that are kept elsewhere, by the rule that holds here.
 */
export async function makersOf(db: Db, person: string, approve: Action): Promise<ReadonlySet<string>> {
  const roles = deciding(await rolesOf(db, person), approve)
  const given = Map.groupBy(await grantedLately(db, { person, hours: appointmentHours }), (row) => row.by)
  const made = [...given].filter(([, rows]) =>
    isMadeByAsker(
      roles,
      rows.map((row) => row.role),
    ),
  )
  return new Set(made.map(([by]) => by))
}

/**
 * Whether any of these people could be the second person: an organisation that is being set up has none yet, and is not held up by it. Officers
 * whom the asker appointed within the last days are none: before them the asker had nobody to ask either, or somebody else had to agree to them.
 */
export async function hasSecond(
  tx: Tx,
  it: {
    subject: string
    approve: Action
    people: readonly { readonly person: string; readonly roles: readonly string[] }[]
    /** The second person may hold the same role as the first. */
    alsoSameRole?: true
  },
): Promise<boolean> {
  const askedBy = tx.by.actor
  if (askedBy === null) return false
  const askersRoles = it.alsoSameRole ? [] : await rolesOf(tx, askedBy)
  const given = Map.groupBy(await grantedLately(tx, { by: askedBy, hours: appointmentHours }), (row) => row.person)
  const open = { askedBy, askersRoles, subject: it.subject, mayAsk: true, state: 'asked', expiresAt: 1, now: 0 }
  return it.people.some(({ person, roles }) => {
    const appointed = (given.get(person) ?? []).map((row) => row.role)
    return judgeDecision({ ...open, decider: person, decidersRoles: deciding(roles, it.approve), appointed }) === null
  })
}

/** Asks a second person for an act. Asking for the same again changes nothing. */
export async function askSecond(tx: Tx, it: { kind: string; subject: string; payload: object }): Promise<void> {
  const askedBy = tx.by.actor
  if (askedBy === null) throw new Error('The system asks nobody.')
  const act = newId()
  const row = await insertPending(tx, { ...it, act, askedBy, askedRoles: await rolesOf(tx, askedBy), hours: pendingHours })
  if (!row) return
  const payload = { act, kind: it.kind, subject: it.subject, expiresAt: row.expires_at.getTime() }
  tx.announce(pendingAsked, { key: `pending|${act}`, payload })
}

/** Says of people whether they are still here and may still ask for something. `now` in ms. */
export async function askersOf(db: Db, people: readonly string[], now: number): Promise<(person: string, ask: Action) => boolean> {
  const held = await grantsOfPeople(db, [...new Set(people)])
  // A role that counts at other hours is held nonetheless; one whose time is over is not.
  const holds = (person: string) => (held.get(person) ?? []).filter((it) => it.until === undefined || it.until > now).map((it) => it.role)
  return (person, ask) => may(holds(person), ask).yes
}

/** Says of acts why a caller may not decide them, or null: they may. */
export async function judgeFor(
  db: Db,
  rows: readonly PendingRow[],
  caller: Caller,
  now: number,
): Promise<(row: PendingRow, acts: Pick<Performer, 'ask' | 'approve'>) => DecisionRefusal | null> {
  const given = await grantedLately(db, { person: caller.person, hours: appointmentHours })
  const mayAsk = await askersOf(
    db,
    rows.map((row) => row.asked_by),
    now,
  )
  return (row, { ask, approve }) =>
    judgeDecision({
      askedBy: row.asked_by,
      askersRoles: row.asked_roles,
      subject: row.subject,
      decider: caller.person,
      decidersRoles: deciding(caller.roles, approve),
      appointed: given.filter((it) => it.by === row.asked_by).map((it) => it.role),
      mayAsk: mayAsk(row.asked_by, ask),
      state: row.state,
      expiresAt: row.expires_at.getTime(),
      now,
    })
}

/** The newest act of a kind that waits, and whether the caller may decide it or the sentence that says why not; undefined: none waits. */
export async function openAct(
  db: Db,
  performer: Pick<Performer, 'kind' | 'ask' | 'approve'>,
  caller: Caller,
  now: number,
): Promise<{ act: string; payload: unknown; decidable: true | string } | undefined> {
  const row = (await readPending(db)).find((it) => it.kind === performer.kind && it.state === 'asked' && it.expires_at.getTime() > now)
  if (!row) return undefined
  const refused = (await judgeFor(db, [row], caller, now))(row, performer)
  return { act: row.act, payload: row.payload, decidable: refused === null ? true : refusalWords[refused] }
}

/** Acts whose three days are over. */
export const expire: DueWork = {
  name: 'dual-control.expire',
  async run({ db }) {
    let done = 0
    for (const { org, act } of await db.sweep(duePending)) {
      const over = await db.write(org, bySystem, async (tx) => {
        const row = await lockPending(tx, act)
        if (row?.state !== 'asked' || (await decide(tx, act, 'expired', null)) === 0) return false
        tx.announce(pendingExpired, { key: `pending|${act}`, payload: { act, kind: row.kind, subject: row.subject } })
        return true
      })
      if (over) done += 1
    }
    return done
  },
}
