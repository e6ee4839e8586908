import { Shape } from '@wardline/platform/contract'
import { refuse, serve, signal } from '@wardline/platform/server'
import type { Caller, Db, Route, Services, Tx, Whereabouts } from '@wardline/platform/server'
import type { Static } from '@wardline/platform/contract'
import { pendingAsked } from '@wardline/product/access/dual-control/contract'
import { askSecond, hasSecond, openAct } from '@wardline/product/access/dual-control/server'
import type { Performer } from '@wardline/product/access/dual-control/server'
import { countLocations, workplacesOf } from '@wardline/product/access/locations/server'
import { can, holdersOf } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { closedRoles, isIn, judgeList } from '../rules.ts'
import type { RecordsRule } from '../rules.ts'
import { administersFrom, prefixesOf } from './admit.ts'
import { remembered } from './memory.ts'
import { agree, insertRecordNetworks, lockNetworks, readRecordNetworks, readRecordVersion } from './queries.ts'
import type { RecordNetworksRow } from './tables.ts'

const ruleOf = (row: Pick<RecordNetworksRow, 'cidrs' | 'roles' | 'locations'> | undefined): RecordsRule | null =>
  row && row.cidrs.length > 0 ? { networks: prefixesOf(row), roles: row.roles, locations: row.locations } : null

/** Where somebody works; asked only of a rule that binds by location. */
const worksAt = async (db: Db, person: string): Promise<readonly string[] | null> => {
  const { works } = await workplacesOf(db, person)
  return works.all ? null : works.locations
}

type Ask = <T>(run: (db: Db) => Promise<T>) => Promise<T>

async function closedTo(rule: RecordsRule, ask: Ask, caller: Caller, here: string | null): Promise<string[]> {
  if (isIn(here, rule.networks)) return []
  const places = rule.locations.length === 0 ? null : await ask((db) => worksAt(db, caller.person))
  return closedRoles(rule, { here, roles: caller.roles, worksAt: places })
}

const rules = remembered(async (db) => ruleOf(await readRecordNetworks(db)))

/** Which roles open no records from the network of a request, and whether administration is there. */
export const whereabouts = (services: Services): Whereabouts => {
  const rule = rules.on(services)
  const administers = administersFrom(services)
  return async (caller, { whence }) => {
    const it = await rule(caller.org)
    const closed = it === null ? [] : await closedTo(it, (run) => services.db.read(caller.org, run), caller, whence)
    return { closed, administers: await administers(caller.org, whence) }
  }
}

/** Every node judges by the new rule, and every open window comes again. */
export const recordsChanged = signal({
  kind: 'networks.records-changed',
  takes: Shape({}),
  heard(services, org) {
    rules.forget(services, org)
    services.live.end({ org }, 'going-away')
  },
  doubt: (services, org) => rules.forget(services, org),
})

/** After the commit every request is judged by the new rule, and every open window comes again and is judged by it too. */
function counts(tx: Tx, row: RecordNetworksRow): void {
  tx.announce(contract.recordNetworksKept, { key: 'networks', payload: about(row) })
  tx.signal(recordsChanged, {})
}

const about = (row: RecordNetworksRow) => ({
  version: row.version,
  networks: [...row.cidrs],
  roles: row.roles as Role[],
  locations: [...row.locations],
})

type Shown = NonNullable<Static<(typeof contract.recordNetworks)['gives']>['inForce']>

const shown = (row: RecordNetworksRow): Shown => ({
  version: row.version,
  networks: row.cidrs.map((cidr, i) => ({ cidr, name: row.names[i] ?? cidr })),
  roles: row.roles as Role[],
  locations: [...row.locations],
  askedBy: row.asked_by,
  askedAt: row.asked_at.getTime(),
  agreedBy: row.agreed_by,
})

const kind = 'networks-for-records'

/** Keeps records to the networks that a second person agreed to. */
export const keepRecordsOnApproval: Performer = {
  kind,
  ask: 'network.set',
  approve: 'role.approve',
  says: (payload) => `keep records to other networks, version ${(payload as { version: number }).version}`,
  async perform(tx, _org, payload, whence) {
    const { version } = payload as { version: number }
    await lockNetworks(tx)
    const asked = await readRecordVersion(tx, version)
    if (!asked || (await countLocations(tx, asked.locations)) !== asked.locations.length) return false
    // Whoever agrees stands inside: so no slip of the finger closes all records to everybody.
    if (asked.cidrs.length > 0 && !isIn(whence, prefixesOf(asked))) return 'not-from-here'
    const row = await agree(tx, version)
    if (row) counts(tx, row)
    return row !== undefined
  },
}

/** Whether somebody could agree to what the caller asks for of networks. */
export const hasSecondForNetworks = async (tx: Tx): Promise<boolean> =>
  hasSecond(tx, {
    subject: tx.org,
    approve: keepRecordsOnApproval.approve,
    people: await holdersOf(tx, ['privacy-officer', 'security-officer']),
  })

/** The locations by which the rule in force binds; it does not change before the commit. */
export async function placesOfRule(tx: Tx): Promise<readonly string[]> {
  await lockNetworks(tx)
  const row = await readRecordNetworks(tx)
  return row && row.cidrs.length > 0 ? row.locations : []
}

/** The routes of the networks to which records are kept. */
export const recordRoutes: readonly Route[] = [
  serve(contract.recordNetworks, {
    who: can('security-policy.read'),
    audit: { none: 'networks are the organisation’s own; each change is a fact' },
    phi: 'none',
    run: (ctx) =>
      ctx.read(async (db) => {
        const row = await readRecordNetworks(db)
        const open = await openAct(db, keepRecordsOnApproval, ctx.caller, ctx.clock.ms())
        const asked = open && (await readRecordVersion(db, (open.payload as { version: number }).version))
        return {
          inForce: row ? shown(row) : null,
          waiting: open && asked ? { act: open.act, rule: shown(asked), decidable: open.decidable } : null,
          here: ctx.request.ip.slice(0, 64),
          closed: [...(ctx.caller.closed ?? [])] as Role[],
        }
      }),
  }),
  serve(contract.keepRecords, {
    who: can('network.set'),
    audit: [contract.recordNetworksAsked, contract.recordNetworksKept, pendingAsked],
    phi: 'none',
    run: async (ctx, body) => {
      const cidrs = body.networks.map((it) => it.cidr.trim().toLowerCase())
      const { whence } = ctx.request
      const refused = judgeList({ cidrs, here: whence, trial: true })
      if (refused?.code === 'not-a-network') throw refuse(contract.keepRecords, 'not-a-network', { field: `networks.${refused.line}.cidr` })
      if (refused?.code === 'proxy-not-declared') throw refuse(contract.keepRecords, 'proxy-not-declared')
      const [roles, locations] = [[...new Set(body.roles)], [...new Set(body.locations)]]
      return ctx.write(async (tx) => {
        await lockNetworks(tx)
        if (await openAct(tx, keepRecordsOnApproval, ctx.caller, tx.at.getTime())) throw refuse(contract.keepRecords, 'already-asked')
        if ((await countLocations(tx, locations)) !== locations.length) throw refuse(contract.keepRecords, 'not-found')
        const waits = await hasSecondForNetworks(tx)
        // By the address alone, whatever the asker's own roles: a list that is wrong closes records to all whom it binds. Where nobody
        // agrees besides, meaning it is not enough.
        const isInside = cidrs.length === 0 || isIn(whence, prefixesOf({ cidrs }))
        if (!isInside && !(waits && body.anyway === true)) throw refuse(contract.keepRecords, 'closes-to-you')
        const row = await insertRecordNetworks(tx, { cidrs, names: body.networks.map((it) => it.name), roles, locations, agreed: !waits })
        tx.announce(contract.recordNetworksAsked, { key: 'networks', payload: about(row) })
        if (waits) await askSecond(tx, { kind, subject: tx.org, payload: { version: row.version } })
        else counts(tx, row)
        return { version: row.version, waits }
      })
    },
  }),
]
