import { bySystem, isSoundText, RawReply } from '@wardline/platform/server'
import type { Caller, Ctx } from '@wardline/platform/server'
import { DirectoryRefused, halt } from '@wardline/product/access/directory-sync/server'
import { RolesRefused } from '@wardline/product/access/roles/server'
import { readToken } from '@wardline/product/access/sessions/server'
import type { Filter, Json, Resource } from '../rules.ts'
import { meets, readFilter, ScimRefused } from '../rules.ts'
import { findToken, noteUse } from './queries.ts'

/** A directory that has shown its token. */
export interface Asker {
  readonly org: string
  readonly source: string
  /** This service's address for SCIM, without a trailing slash. */
  readonly base: string
}

const type = 'application/scim+json; charset=utf-8'

export const reply = (status: number, body: Json, headers: Readonly<Record<string, string>> = {}): RawReply =>
  new RawReply(status, type, status === 204 ? '' : JSON.stringify(body), headers)

const errorReply = (status: number, detail: string, scimType?: string, headers: Readonly<Record<string, string>> = {}): RawReply =>
  reply(
    status,
    { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: `${status}`, ...(scimType ? { scimType } : {}), detail },
    headers,
  )

/** One answer for everything that is not this organisation's to see, whoever's it is. */
const absent = () => errorReply(404, 'There is no such resource.')

/** Answers a request of whoever shows a good token; refusals in SCIM's own form (RFC 7644 section 3.12). */
export async function answer(ctx: Ctx<Caller | null>, origin: string, run: (asker: Asker) => Promise<RawReply>): Promise<RawReply> {
  const [, given] = /^Bearer ([\w-]{64})$/.exec(ctx.request.headers.authorization ?? '') ?? []
  const token = readToken(given)
  const row = token && (await ctx.db.read(token.org, (db) => findToken(db, token.hash)))
  if (!token || !row) return errorReply(401, 'The bearer token is missing or not good.', undefined, { 'www-authenticate': 'Bearer' })
  await ctx.db.write(token.org, bySystem, (tx) => noteUse(tx, row.token))
  try {
    return await run({ org: token.org, source: row.source, base: `${origin}/scim/v2` })
  } catch (thrown) {
    if (thrown instanceof ScimRefused) return thrown.status === 404 ? absent() : errorReply(thrown.status, thrown.message, thrown.type)
    if (thrown instanceof RolesRefused) return errorReply(403, 'A person has to change this.')
    if (!(thrown instanceof DirectoryRefused)) throw thrown
    if (thrown.code === 'name-held') return errorReply(409, 'This userName is in use.', 'uniqueness')
    if (thrown.code === 'bad-name')
      return errorReply(400, 'A userName has letters, digits and . _ @ + - only, and begins with a letter or digit.', 'invalidValue')
    if (thrown.code !== 'halted') return absent()
    await ctx.db.write(token.org, bySystem, (tx) => halt(tx, row.source))
    return errorReply(429, 'Too many people would lose their access at once. An administrator has to let this go on.', undefined, {
      'retry-after': '600',
    })
  }
}

/** The request's body. Throws ScimRefused. */
export function bodyOf(ctx: Ctx<Caller | null>): Resource {
  if (!/^application\/(scim\+)?json\b/i.test(ctx.request.headers['content-type'] ?? ''))
    throw new ScimRefused(415, undefined, 'The body is application/scim+json.')
  const text = ctx.raw.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ScimRefused(400, 'invalidSyntax', 'The body is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ScimRefused(400, 'invalidSyntax', 'The body is an object.')
  checkSound(value as Json, 0)
  return value as Resource
}

function checkSound(value: Json, depth: number): void {
  const bad = () => new ScimRefused(400, 'invalidSyntax', 'The body has text that cannot be stored, or is nested too deeply.')
  if (depth > 16) throw bad()
  if (typeof value === 'string' && !isSoundText(value)) throw bad()
  if (typeof value !== 'object' || value === null) return
  for (const [key, one] of Object.entries(value)) {
    if (key === '__proto__' || !isSoundText(key)) throw bad()
    checkSound(one as Json, depth + 1)
  }
}

/** What a list was asked for (RFC 7644 section 3.4.2). */
export interface Wanted {
  readonly filter: Filter | null
  /** How many to pass over. */
  readonly after: number
  readonly most: number
}

/** Reads a list's query. Throws ScimRefused. */
export function wantedOf(query: { filter?: string; startIndex?: string; count?: string }): Wanted {
  const number = (text: string | undefined, otherwise: number) => (/^-?\d{1,9}$/.test(text ?? '') ? Number(text) : otherwise)
  return {
    filter: query.filter ? readFilter(query.filter) : null,
    after: Math.max(0, number(query.startIndex, 1) - 1),
    most: Math.min(200, Math.max(0, number(query.count, 100))),
  }
}

/** A page of what meets the filter. */
export function listReply(all: readonly Resource[], it: Wanted): RawReply {
  const { filter } = it
  const found = filter ? all.filter((one) => meets(one, filter)) : all
  return pageReply(found.slice(it.after, it.after + it.most), found.length, it)
}

export const pageReply = (page: readonly Resource[], total: number, it: Wanted): RawReply =>
  reply(200, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex: it.after + 1,
    itemsPerPage: page.length,
    Resources: page,
  })

/** One resource with its version; 304 where the asker has it already. */
export function resourceReply(ctx: Ctx<Caller | null>, status: number, resource: Resource): RawReply {
  const meta = resource.meta as { version: string; location: string }
  if (status === 200 && ctx.request.headers['if-none-match'] === meta.version) return new RawReply(304, type, '', { etag: meta.version })
  return reply(status, resource, { etag: meta.version, ...(status === 201 ? { location: meta.location } : {}) })
}

/** Refuses a change that was meant for another version (RFC 7644 section 3.14). */
export function requireVersion(ctx: Ctx<Caller | null>, version: string): void {
  const wanted = ctx.request.headers['if-match']
  if (wanted === undefined || wanted === '*') return
  const bare = (tag: string) => tag.trim().replace(/^W\//, '')
  if (!wanted.split(',').some((tag) => bare(tag) === bare(version)))
    throw new ScimRefused(412, undefined, 'The resource has changed meanwhile.')
}
