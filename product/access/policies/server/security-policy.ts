import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import type { DueWork, KeyLedger } from '@wardline/platform/server'
import { appointmentHours, pendingHours, refusalWords } from '@wardline/product/access/dual-control/rules'
import { askersOf, hasSecond, makersOf } from '@wardline/product/access/dual-control/server'
import { holdersOf, withdrawnLately } from '@wardline/product/access/roles/server'
import { approveChange, changeApproved, changeExpired, changeProposed, changeRefused, exceptionEnded } from '../contract.ts'
import type { PolicyChange, securityPolicy } from '../contract.ts'
import { judgeApproval, judgeChange, waitsUntil } from '../rules.ts'
import { settingNames, settings } from '../words.ts'
import type { SettingName } from '../words.ts'
import { figure, figures, forgetFigures, weak } from './figures.ts'
import { lockOrganisation } from './queries.ts'
import {
  decideChange,
  dueChanges,
  endedExceptions,
  expireChange,
  insertChange,
  markExceptionEnded,
  readChange,
  readChosen,
  readDecidedChanges,
  readOpenChanges,
} from './security-queries.ts'
import { openText, sealText } from './sealing.ts'
import type { ChangeRow } from './tables.ts'

type Change = Static<typeof PolicyChange>

const context = (change: string) => `policy_change|${change}`

const shown = (keys: KeyLedger, org: string, row: ChangeRow): Change => ({
  change: row.change,
  setting: row.setting as SettingName,
  before: row.before_value,
  value: row.value,
  reason: openText(keys, org, row, context(row.change)),
  proposedBy: row.proposed_by,
  proposedAt: row.proposed_at.getTime(),
  state: row.state,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.getTime() ?? null,
  version: row.version,
  exceptionUntil: row.exception_until?.getTime() ?? null,
  takesBack: row.takes_back,
})

// A figure that this version no longer knows stays in the log; a screen has no words for it.
const isKnown = (row: ChangeRow): boolean => Object.hasOwn(settings, row.setting)

const expiryOf = (row: ChangeRow): number => waitsUntil(row.proposed_at.getTime())

/** Says of proposals why somebody may not approve them, or null. What the server itself proposed it may still propose. */
async function judgeFor(db: Db, rows: readonly ChangeRow[], by: string): Promise<(row: ChangeRow) => ReturnType<typeof judgeApproval>> {
  const makers = await makersOf(db, by, 'security-policy.approve')
  const now = rows[0]?.now.getTime() ?? 0
  const mayAsk = await askersOf(
    db,
    rows.flatMap((row) => row.proposed_by ?? []),
    now,
  )
  return (row) => {
    const asked = { proposedBy: row.proposed_by, open: row.state === 'open', expiresAt: expiryOf(row) }
    const still = row.proposed_by === null || mayAsk(row.proposed_by, 'security-policy.propose')
    return judgeApproval({ ...asked, mayAsk: still }, by, makers, now)
  }
}

/** The whole policy as it counts now. */
export async function wholePolicy(db: Db, keys: KeyLedger, caller: string): Promise<GivesOf<typeof securityPolicy>> {
  const now = await figures(db)
  const last = new Map((await readChosen(db, null)).map((row) => [row.setting, row]))
  const open = (await readOpenChanges(db)).filter((row) => isKnown(row) && expiryOf(row) > row.now.getTime())
  const judge = await judgeFor(db, open, caller)
  const decidable = (row: ChangeRow) => {
    const refused = judge(row)
    if (refused === null) return true as const
    return refused === 'own-proposal' || refused === 'already-decided' ? approveChange.fails[refused].what : refusalWords[refused]
  }
  return {
    figures: settingNames.map((setting) => {
      const row = last.get(setting)
      return { setting, value: now[setting], weak: weak(setting, now[setting]), last: row ? shown(keys, db.org, row) : null }
    }),
    open: open.map((row) => ({ ...shown(keys, db.org, row), expiresAt: expiryOf(row), decidable: decidable(row) })),
    version: Math.max(0, ...[...last.values()].map((row) => row.version ?? 0)),
  }
}

/** Decided changes, newest first, of one figure or of all. */
export const history = async (db: Db, keys: KeyLedger, setting: SettingName | null): Promise<Change[]> =>
  (await readDecidedChanges(db, setting)).filter(isKnown).map((row) => shown(keys, db.org, row))

/** A change that somebody asks for. `exceptionUntil` in ms: for how long it may be weaker than the floor. */
export interface AskedChange {
  readonly setting: SettingName
  readonly value: number
  readonly reason: string
  readonly exceptionUntil: number | null
  readonly takesBack: string | null
}

/** Why a proposal is not taken. */
export type ProposalRefusal = NonNullable<ReturnType<typeof judgeChange>> | 'already-proposed'

/** Proposes a change; the proposal, or why it is not taken. */
export async function propose(tx: Tx, keys: KeyLedger, asked: AskedChange): Promise<Change | ProposalRefusal> {
  await lockOrganisation(tx)
  await expire(tx, { setting: asked.setting })
  const before = await figure(tx, asked.setting)
  const refused = judgeChange(settings[asked.setting], { ...asked, current: before }, tx.at.getTime())
  if (refused) return refused
  const change = newId()
  // An exception that is not needed is not signed.
  const exceptionUntil = weak(asked.setting, asked.value) ? asked.exceptionUntil : null
  const sealed = await sealText(keys, tx, context(change), asked.reason)
  if (!(await insertChange(tx, { ...asked, change, before, exceptionUntil, ...sealed }))) return 'already-proposed'
  tx.announce(changeProposed, {
    key: 'security-policy',
    payload: { change, setting: asked.setting, before, value: asked.value, exceptionUntil, reason: asked.reason },
  })
  // Where there is nobody else, what keeps to the floor does not wait for them.
  if (exceptionUntil === null && !(await hasOther(tx))) return approved(tx, keys, change, null)
  return shown(keys, tx.org, (await readChange(tx, change))!)
}

const partners = ['administrator', 'privacy-officer', 'security-officer'] as const

/**
 * Whether anybody besides the caller has a part in the policy, whom the caller did not just appoint: then it takes two of them. Who had one until
 * a moment ago is somebody: nobody is alone by taking another's role away and giving it back.
 */
async function hasOther(tx: Tx): Promise<boolean> {
  const people = await holdersOf(tx, partners)
  if (await hasSecond(tx, { subject: tx.org, approve: 'security-policy.propose', people, alsoSameRole: true })) return true
  const { actor } = tx.by
  return actor !== null && (await withdrawnLately(tx, { hours: appointmentHours, roles: partners, besides: actor })).length > 0
}

/** Lets an open change count; `by`: null where there was nobody to ask. */
async function approved(tx: Tx, keys: KeyLedger, change: string, by: string | null): Promise<Change> {
  await decideChange(tx, change, 'approved', by)
  forgetFigures(tx)
  const decided = shown(keys, tx.org, (await readChange(tx, change))!)
  const { setting, before, value, exceptionUntil, version } = decided
  tx.announce(changeApproved, { key: 'security-policy', payload: { change, setting, before, value, exceptionUntil, version: version! } })
  return decided
}

/** Approves an open proposal of somebody else. Undefined: there is none of this id. */
export async function approve(
  tx: Tx,
  keys: KeyLedger,
  change: string,
): Promise<Change | NonNullable<ReturnType<typeof judgeApproval>> | undefined> {
  await lockOrganisation(tx)
  const row = await readChange(tx, change)
  if (!row || !isKnown(row)) return undefined
  const by = tx.by.actor ?? ''
  const refused = (await judgeFor(tx, [row], by))(row)
  if (refused) return refused
  return approved(tx, keys, change, by)
}

/** Refuses an open proposal. Undefined: there is none of this id. */
export async function refuseProposal(tx: Tx, keys: KeyLedger, change: string): Promise<Change | 'already-decided' | 'over' | undefined> {
  await lockOrganisation(tx)
  const row = await readChange(tx, change)
  if (!row || !isKnown(row)) return undefined
  if (row.state !== 'open') return 'already-decided'
  if (expiryOf(row) <= row.now.getTime()) return 'over'
  await decideChange(tx, change, 'refused', tx.by.actor)
  tx.announce(changeRefused, { key: 'security-policy', payload: { change, setting: row.setting as SettingName } })
  return shown(keys, tx.org, (await readChange(tx, change))!)
}

/** What taking back an approved change would ask for: the figure before it. Undefined: there is no such approved change. */
export async function takingBack(db: Db, change: string): Promise<Pick<AskedChange, 'setting' | 'value' | 'takesBack'> | undefined> {
  const row = await readChange(db, change)
  if (row?.state !== 'approved' || !isKnown(row)) return undefined
  return { setting: row.setting as SettingName, value: row.before_value, takesBack: change }
}

/** Ends proposals that nobody decided in time, of one figure or one of them; says how many. */
async function expire(tx: Tx, it: { readonly setting?: SettingName; readonly change?: string }): Promise<number> {
  const rows = await expireChange(tx, { setting: it.setting ?? null, change: it.change ?? null, hours: pendingHours })
  for (const { change, setting } of rows)
    if (Object.hasOwn(settings, setting))
      tx.announce(changeExpired, { key: 'security-policy', payload: { change, setting: setting as SettingName } })
  return rows.length
}

/** Proposals that nobody decided within three days. */
export const endProposals: DueWork = {
  name: 'policies.proposals',
  async run({ db }) {
    let done = 0
    for (const { org, change } of await db.sweep((sweep) => dueChanges(sweep, pendingHours, 100)))
      done += await db.write(org, bySystem, (tx) => expire(tx, { change }))
    return done
  },
}

/** Says, once, that an exception has run out; that the floor counts again needs nobody's doing. */
export const endExceptions: DueWork = {
  name: 'policies.exceptions',
  async run({ db }) {
    let done = 0
    for (const { org, change } of await db.sweep((sweep) => endedExceptions(sweep, 100)))
      done += await db.write(org, bySystem, async (tx) => {
        const row = await markExceptionEnded(tx, change)
        if (!row) return 0
        if (Object.hasOwn(settings, row.setting))
          tx.announce(exceptionEnded, {
            key: 'security-policy',
            payload: { change, setting: row.setting as SettingName, value: row.value },
          })
        return 1
      })
    return done
  },
}
