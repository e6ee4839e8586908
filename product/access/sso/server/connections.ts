import { createHash } from 'node:crypto'
import type { GivesOf, Static, TakesOf } from '@wardline/platform/contract'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf, newId, OutgoingRefused, Refusal, refuse } from '@wardline/platform/server'
import type { Ctx, KeyLedger } from '@wardline/platform/server'
import { rolesOf } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { SsoRefused } from '../rules.ts'
import { beginAt, configurationOf, oursOf, secretContext } from './begin.ts'
import type { SsoPorts } from './begin.ts'
import { countKeys } from './oidc.ts'
import {
  countLinks,
  exemptPeople,
  insertConnection,
  isAddressTaken,
  lockConnections,
  putDemand,
  readConnection,
  readConnections,
  readDemand,
  updateConnection,
} from './queries.ts'
import { readCertificate, readProviderMetadata } from './saml.ts'
import type { ConnectionRow } from './tables.ts'

type Shown = Static<typeof contract.Connection>

/** The organisation's connections as the administrator sees them. */
export async function listConnections(db: Db, origin: string): Promise<GivesOf<typeof contract.connections>> {
  const rows = await readConnections(db)
  const demand = (await readDemand(db))?.connection ?? null
  const linked = new Map((await countLinks(db)).map((row) => [row.connection, row.linked]))
  return {
    connections: rows.map((row) => present(row, origin, demand, linked.get(row.connection) ?? 0)),
    demanded: demand,
    exempt: await exemptPeople(db),
  }
}

function present(row: ConnectionRow, origin: string, demand: string | null, linked: number): Shown {
  return {
    id: row.connection,
    label: row.label,
    address: row.address,
    listed: row.listed,
    firstLink: row.first_link,
    settings: row.settings,
    on: row.state === 'on',
    demanded: demand === row.connection,
    hasSecret: row.sealed !== null,
    ours: { ...oursOf(origin, row.connection), signInUrl: `${origin}/sso/${row.address}` },
    linked,
    workedAt: row.worked_at?.getTime() ?? null,
    problem: row.problem === null ? null : { code: row.problem, detail: row.problem_detail ?? '', at: row.problem_at!.getTime() },
  }
}

/** Adds a connection, off. Refusals: the endpoint's. */
export async function addConnection(tx: Tx, keys: KeyLedger, origin: string, it: TakesOf<typeof contract.addConnection>): Promise<Shown> {
  requireCertificates(it.settings)
  const connection = newId()
  await lockConnections(tx)
  const box = it.secret === undefined ? null : await sealSecret(tx, keys, connection, it.secret)
  const row = { connection, ...it, dataKey: box?.dataKey ?? null, sealed: box?.sealed ?? null }
  if (!(await insertConnection(tx, row))) throw refuse(contract.addConnection, 'address-taken')
  return shown(tx, connection, origin)
}

/** Changes a connection. Refusals: the endpoint's. */
export async function changeConnection(
  tx: Tx,
  keys: KeyLedger,
  origin: string,
  connection: string,
  it: TakesOf<typeof contract.changeConnection>,
): Promise<Shown> {
  requireCertificates(it.settings)
  await lockConnections(tx)
  const before = await readConnection(tx, connection)
  if (!before) throw refuse(contract.changeConnection, 'not-found')
  if (!it.on && (await readDemand(tx))?.connection === connection) throw refuse(contract.changeConnection, 'still-demanded')
  if (await isAddressTaken(tx, it.address, connection)) throw refuse(contract.changeConnection, 'address-taken')
  const box = it.secret === undefined ? null : await sealSecret(tx, keys, connection, it.secret)
  // Another provider must not be sent the secret that belongs to this one.
  const same = JSON.stringify(placeOf(before.settings)) === JSON.stringify(placeOf(it.settings))
  const secret = box ?? (same ? { dataKey: before.data_key, sealed: before.sealed } : { dataKey: null, sealed: null })
  await updateConnection(tx, { connection, ...it, ...secret })
  return shown(tx, connection, origin)
}

const placeOf = (settings: Shown['settings']) => (settings.kind === 'oidc' ? [settings.issuer, settings.clientId] : [settings.entityId])

async function shown(tx: Tx, connection: string, origin: string): Promise<Shown> {
  const row = (await readConnection(tx, connection))!
  tx.announce(contract.connectionChanged, {
    key: `sso|${connection}`,
    payload: {
      connection,
      version: row.version,
      on: row.state === 'on',
      settings: createHash('sha256').update(JSON.stringify(row.settings)).digest('hex'),
    },
  })
  const all = await listConnections(tx, origin)
  return all.connections.find((it) => it.id === connection)!
}

const sealSecret = (tx: Tx, keys: KeyLedger, connection: string, secret: string) =>
  keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, Buffer.from(secret), secretContext(connection))

function requireCertificates(settings: Shown['settings']): void {
  if (settings.kind === 'saml' && (settings.certificates.length === 0 || settings.certificates.some((it) => !readCertificate(it).ok)))
    throw refuse(contract.addConnection, 'bad-certificate')
}

/** Reads metadata into settings. Refusal `unreadable-metadata`, whose field says why. */
export async function readMetadata(
  ports: SsoPorts,
  it: TakesOf<typeof contract.readMetadata>,
): Promise<GivesOf<typeof contract.readMetadata>> {
  try {
    if (it.xml !== undefined) return { settings: readProviderMetadata(it.xml) }
    const answer = await ports.outgoing.ask(it.url ?? '')
    if (answer.status !== 200) throw new SsoRefused('metadata', `the address answers ${answer.status}`)
    return { settings: readProviderMetadata(answer.body.toString('utf8')) }
  } catch (thrown) {
    if (thrown instanceof SsoRefused || thrown instanceof OutgoingRefused)
      throw refuse(contract.readMetadata, 'unreadable-metadata', { field: thrown.message })
    throw thrown
  }
}

/** Tries a connection without a person, then prepares the trial with one. */
export async function testConnection(ctx: Ctx, ports: SsoPorts, connection: string): Promise<GivesOf<typeof contract.testConnection>> {
  const row = await ctx.read((db) => readConnection(db, connection))
  if (!row) throw refuse(contract.testConnection, 'not-found')
  const { settings } = row
  const checks: Static<typeof contract.Check>[] = []
  const check = async (name: string, run: () => Promise<string> | string): Promise<boolean> => {
    try {
      checks.push({ name, ok: true, detail: (await run()).slice(0, 600) })
      return true
    } catch (thrown) {
      if (!(thrown instanceof SsoRefused) && !(thrown instanceof OutgoingRefused)) throw thrown
      checks.push({ name, ok: false, detail: thrown.message.slice(0, 600) })
      return false
    }
  }
  let good: boolean
  if (settings.kind === 'oidc') {
    good = await check('The provider’s configuration', async () => {
      const told = (await configurationOf(ctx, ports, ctx.caller.org, row, settings)).serverMetadata()
      return `${told.issuer}; signs in at ${told.authorization_endpoint ?? 'nowhere'}`
    })
    if (good)
      good = await check(
        'The provider’s keys',
        async () => `found: ${await countKeys(ports.outgoing, await configurationOf(ctx, ports, ctx.caller.org, row, settings))}`,
      )
  } else {
    good = await check('The sign-on address', async () => {
      await ports.outgoing.pin(new URL(settings.signOnUrl).hostname)
      return settings.signOnUrl
    })
    for (const [i, pem] of settings.certificates.entries()) {
      const found = readCertificate(pem)
      checks.push({ name: `Certificate ${i + 1}`, ok: found.ok, detail: found.ok ? `good until ${found.until}` : found.why })
      good &&= found.ok
    }
  }
  if (!good) return { checks, url: null }
  try {
    const begun = await beginAt(ctx, ports, { org: ctx.caller.org, connection, purpose: 'test', place: 'private', by: ctx.by })
    return { checks, url: begun.url }
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    return { checks: [...checks, { name: 'Leaving for the provider', ok: false, detail: 'The provider does not answer.' }], url: null }
  }
}

/** Demands a connection of everybody, or none; names who may come in without it. Refusals: the endpoint's. */
export async function setDemand(tx: Tx, it: TakesOf<typeof contract.setDemand>): Promise<void> {
  await lockConnections(tx)
  const exempt = [...new Set(it.exempt)].toSorted()
  for (const person of exempt)
    if (!(await rolesOf(tx, person)).includes('administrator')) throw refuse(contract.setDemand, 'not-an-administrator')
  if (it.connection !== null) {
    if (exempt.length === 0) throw refuse(contract.setDemand, 'nobody-exempt')
    const row = await readConnection(tx, it.connection)
    if (!row) throw refuse(contract.setDemand, 'not-found')
    if (row.state !== 'on' || row.worked_at === null) throw refuse(contract.setDemand, 'not-tried')
  }
  await putDemand(tx, it.connection, exempt)
  tx.announce(contract.demandChanged, { key: 'sso-demand', payload: { connection: it.connection, exempt } })
}
