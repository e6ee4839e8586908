/** Requests made from contracts: a right one for each endpoint, and the ways in which it can be wrong. */
import type { Endpoint } from '@wardline/platform/contract'
import { newId } from '@wardline/platform/server'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { House } from './neighbours.ts'

/** As much of a JSON schema as contracts use. */
export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

const idPattern = '^[0-9a-f]{8}-'
const isId = (schema: Schema): boolean => schema.pattern?.startsWith(idPattern) ?? false
const isBytes = (schema: Schema): boolean => schema.pattern === '^[A-Za-z0-9_-]*$'
const isDay = (schema: Schema): boolean => schema.pattern?.startsWith('^\\d{4}-(0') ?? false

/** Text that is free: whatever somebody types. */
export const isFreeText = (schema: Schema): boolean =>
  schema.type === 'string' && schema.pattern === undefined && schema.const === undefined

const words: Readonly<Record<string, string>> = {
  number: '+13125550199',
  counterparty: 'twilio',
  cidr: '127.0.0.0/8',
  code: '123456',
  ticket: 'A'.repeat(64),
  before: '999999999999',
  after: '0',
  limit: '5',
  from: '1',
  to: '1',
  words: 'Rivera',
  zone: 'America/Chicago',
  phone: '(312) 555-0101',
  practiceName: 'Maple Street',
  reason: 'a good reason for it',
  exception: 'a very small practice',
}

/** What a right request is made of. */
export interface Known {
  readonly ids: Readonly<Record<string, string>>
  /** The server's time, ms. */
  readonly now: number
}

/** A right value: `all` fills optional members too. `name` is the member's, by which ids and words are chosen. */
export function sample(schema: Schema, name: string, known: Known, all: boolean): Json {
  if (schema.const !== undefined) return schema.const as Json
  if (schema.anyOf) return sample(schema.anyOf[0]!, name, known, all)
  switch (schema.type) {
    case 'object': {
      const required = new Set(schema.required ?? [])
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([member]) => all || required.has(member))
          .map(([member, of]) => [member, sample(of, member, known, all)]),
      )
    }
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => sample(schema.items!, name.replace(/s$/, ''), known, all))
    case 'string':
      return text(schema, name, known)
    case 'integer':
    case 'number':
      return name === 'startsAt' ? known.now + 30 * 3_600_000 : Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return {}
  }
}

function text(schema: Schema, name: string, known: Known): string {
  // One badge is one person's, as one sign-in name is.
  if (name === 'badge' && isFreeText(schema)) return newId()
  if (name === 'signInName') return `somebody.${newId().slice(0, 13)}`
  if (isId(schema)) return known.ids[name] ?? newId()
  if (isBytes(schema)) return 'A'.repeat(Math.max(schema.minLength ?? 0, 4))
  if (isDay(schema)) return name === 'startsOn' ? '2026-01-01' : '2026-03-11'
  if (schema.pattern?.startsWith('^\\+')) return '+13125550188'
  return words[name] ?? 'Words'.padEnd(schema.minLength ?? 0, '.').slice(0, schema.maxLength ?? 100)
}

/** What the members of some endpoints must be, beyond their form, for the server to do what is asked. */
const meant: Readonly<Record<string, JsonObject>> = {
  'patients.consent.record': { basis: 'spoken', warning: 'sms-1-en', scopes: ['care-logistics'], channels: ['sms'] },
  'patients.roster.look-up': { given: 'Ana', family: 'Rivera', birthDate: '1981-07-14' },
  'access.people.add': { roles: ['clinician'] },
  'access.people.roles': { roles: ['clinician'] },
}

/** What the client makes the id of. */
const maker: Readonly<Record<string, string>> = {
  'access.break-glass.open': 'opening',
  'patients.roster.create': 'patient',
  'patients.appointments.add': 'visit',
  'team.conversations.create': 'conversation',
  'access.locations.add': 'location',
  'access.care.add-unit': 'unit',
}

/** What has a name that nothing else may have. */
const distinct = new Set(['access.locations.add', 'access.locations.change', 'access.care.add-unit'])

/** A right body or query for an endpoint; what it makes has a new id. */
export function bodyOf(endpoint: Endpoint, known: Known, all = false): JsonObject {
  const made = sample(endpoint.takes as Schema, '', known, all) as JsonObject
  const fresh = maker[endpoint.name]
  const named = distinct.has(endpoint.name) ? { name: `A place ${newId().slice(0, 13)}` } : {}
  return { ...made, ...named, ...(meant[endpoint.name] ?? {}), ...(fresh === undefined ? {} : { [fresh]: newId() }) }
}

/** The path of an endpoint with these ids, and its query where it takes one. */
export function pathTo(endpoint: Endpoint, ids: Readonly<Record<string, string>>, query?: JsonObject): string {
  const path = endpoint.path.replace(/:([A-Za-z]+)/g, (_, name: string) => ids[name] ?? newId())
  const pairs = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)])
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`
}

/** The names of ids that requests to an endpoint bring, in its path and anywhere in its body. */
export function idNames(endpoint: Endpoint): string[] {
  const found = new Set([...endpoint.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => name!))
  const look = (schema: Schema, name: string): void => {
    if (isId(schema)) found.add(name)
    for (const one of schema.anyOf ?? []) look(one, name)
    for (const [member, of] of Object.entries(schema.properties ?? {})) look(of, member)
    if (schema.items) look(schema.items, name.replace(/s$/, ''))
  }
  look(endpoint.takes as Schema, '')
  return [...found]
}

export const isQuery = (endpoint: Endpoint): boolean => endpoint.method === 'GET' || endpoint.method === 'DELETE'

/** The same names with ids that nothing has. */
export const nobodys = (house: House): Record<string, string> => Object.fromEntries(Object.keys(house.ids).map((name) => [name, newId()]))

/** A wrong request: its label, the raw body, and whether the server must refuse it as of the wrong form. */
export interface Wrong {
  readonly label: string
  readonly raw: string | Uint8Array
  /** True: `bad-request` or `too-large` and nothing else. False: anything but a fault of the server. */
  readonly refused: boolean
}

/** Visits every value of a sample with its schema; `put` gives the whole with another value in its place. */
export function* places(
  schema: Schema,
  value: Json,
  at: string,
  put: (value: Json) => Json,
): Generator<{ at: string; schema: Schema; value: Json; put: (value: Json) => Json }> {
  yield { at, schema, value, put }
  if (schema.anyOf) return yield* places(schema.anyOf[0]!, value, at, put)
  if (schema.type === 'object' && value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const members = value as JsonObject
    for (const [name, of] of Object.entries(schema.properties ?? {}))
      if (Object.hasOwn(members, name)) yield* places(of, members[name]!, `${at}.${name}`, (next) => put({ ...members, [name]: next }))
  }
  if (schema.type === 'array' && Array.isArray(value) && value.length > 0) {
    const items = value as readonly Json[]
    yield* places(schema.items!, items[0]!, `${at}[0]`, (next) => put([next, ...items.slice(1)]))
  }
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

/** JSON text of a value with one string in it replaced by raw JSON: for what JSON.stringify would not write. */
const spliced = (whole: Json, mark: string, raw: string): string => JSON.stringify(whole).replace(JSON.stringify(mark), () => raw)

/**
 * The ways in which a request can be wrong. `canary` stands in everything that is made up, so that a log that quotes it is found.
 */
export function* wrongRequests(schema: Schema, good: JsonObject, canary: string): Generator<Wrong> {
  const text = JSON.stringify(good)
  const wrong = (label: string, raw: string | Uint8Array): Wrong => ({ label, raw, refused: true })
  const loose = (label: string, value: Json): Wrong => ({ label, raw: JSON.stringify(value), refused: false })
  // Where one of several forms is allowed, the one that was put there may be another of them.
  const judged = (label: string, value: Json): Wrong =>
    Value.Check(schema as TSchema, value) ? loose(label, value) : wrong(label, JSON.stringify(value))
  yield wrong('cut off', `${text.slice(0, -1)},"${canary}":`)
  yield wrong('no JSON', canary)
  yield wrong('two values', `${text}${text}`)
  yield wrong('a trailing comma', `${text.slice(0, -1)},}`)
  yield wrong('a comment', `/* ${canary} */${text}`)
  yield wrong('a byte order mark', `\uFEFF${text}`)
  yield wrong('not UTF-8', Buffer.concat([Buffer.from(`{"${canary}":"`), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('"}')]))
  yield wrong('an overlong NUL', Buffer.concat([Buffer.from(`{"${canary}":"`), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]))
  yield wrong('UTF-16', Buffer.from(text, 'utf16le'))
  for (const other of ['null', 'true', '1', '"text"', '[]', `[${text}]`]) yield wrong(`${other.slice(0, 6)} instead of an object`, other)
  yield wrong('nested a little', `{"${canary}":${nested(40)}}`)
  yield wrong('nested deeply', nested(20_000))
  yield wrong('an unknown member', JSON.stringify({ ...good, [canary]: canary }))
  yield wrong('an unknown member with an odd name', JSON.stringify({ ...good, [`${canary}\r\nx: y`]: 1 }))
  yield wrong('__proto__', `${text.slice(0, -1)}${text === '{}' ? '' : ','}"__proto__":{"${canary}":true}}`)
  yield wrong('constructor', JSON.stringify({ ...good, constructor: { prototype: { [canary]: true } } }))
  yield wrong('larger than any route takes', JSON.stringify({ ...good, [canary]: 'x'.repeat(1_100_000) }))
  const mark = `mark ${canary}`
  for (const it of places(schema, good, '', (value) => value)) {
    if (it.at === '') continue
    if (it.schema.anyOf || it.schema.const !== undefined || it.schema.type === undefined) {
      yield judged(`${it.at}: another word`, it.put(canary))
      yield judged(`${it.at}: an object`, it.put({ [canary]: 1 }))
      continue
    }
    const others: Readonly<Record<string, Json>> = {
      string: canary,
      integer: 1,
      boolean: true,
      null: null,
      array: [canary],
      object: { [canary]: 1 },
    }
    for (const [type, value] of Object.entries(others))
      if (type !== it.schema.type && !(type === 'array' && it.schema.type === 'array')) yield judged(`${it.at}: ${type}`, it.put(value))
    if (it.schema.type === 'string') {
      yield wrong(`${it.at}: U+0000`, JSON.stringify(it.put(`${canary}\u0000`)))
      yield wrong(`${it.at}: a high surrogate alone`, spliced(it.put(mark), mark, `"${canary}\\ud83d"`))
      yield wrong(`${it.at}: a low surrogate alone`, spliced(it.put(mark), mark, `"\\udc00${canary}"`))
      if (it.schema.maxLength !== undefined && it.schema.maxLength < 900_000)
        yield wrong(`${it.at}: too long`, JSON.stringify(it.put(canary.padEnd(it.schema.maxLength + 1, 'A'))))
      if ((it.schema.minLength ?? 0) > 0) yield wrong(`${it.at}: empty`, JSON.stringify(it.put('')))
      if (it.schema.pattern !== undefined) {
        yield wrong(`${it.at}: of another form`, JSON.stringify(it.put(`${canary} <>`)))
        yield wrong(`${it.at}: with a line break`, JSON.stringify(it.put(`${String(it.value)}\n`)))
      }
      if (isDay(it.schema))
        for (const day of ['2026-02-30', '2025-02-29', '0000-01-01', '0001-01-01', '9999-12-31'])
          yield loose(`${it.at}: ${day}`, it.put(day))
      if (isFreeText(it.schema)) {
        const longest = it.schema.maxLength ?? 1_000
        for (const sign of ['\u{1F469}', '\u20AC', '\u0301', '\u202E', '\r\n', '"', '\\', '%00', '\u2028', '\uFFFF'])
          yield loose(
            `${it.at}: full of ${encodeURIComponent(sign)}`,
            it.put(sign.repeat(longest).slice(0, longest * (sign.length > 1 && sign !== '%00' ? 2 : 1))),
          )
        yield loose(`${it.at}: one blank`, it.put(' '))
      }
      if (isId(it.schema))
        for (const id of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])
          yield loose(`${it.at}: ${id.slice(0, 8)}`, it.put(id))
      if (isBytes(it.schema))
        for (const size of [it.schema.maxLength ?? 0, (it.schema.minLength ?? 0) + 1])
          for (const sign of ['A', '_']) if (size < 60_000) yield loose(`${it.at}: ${size} ${sign}`, it.put(sign.repeat(size)))
    }
    if (it.schema.type === 'integer') {
      for (const raw of ['1e400', '-1e400', '1.5', '1e21', '9007199254740993', '-0.5', '"1"'])
        yield wrong(`${it.at}: ${raw}`, spliced(it.put(mark), mark, raw))
      yield loose(`${it.at}: -0`, it.put(-0))
      for (const edge of [it.schema.minimum, it.schema.maximum, 2_147_483_648, 4_294_967_296, 32_768])
        if (edge !== undefined && edge <= (it.schema.maximum ?? edge)) yield loose(`${it.at}: ${edge}`, it.put(edge))
    }
    if (it.schema.type === 'array') {
      const items = it.value as readonly Json[]
      if (it.schema.maxItems !== undefined && it.schema.maxItems < 2_000)
        yield wrong(
          `${it.at}: too many`,
          JSON.stringify(it.put(Array.from({ length: it.schema.maxItems + 1 }, (_, i) => items[i] ?? items[0]!))),
        )
      if ((it.schema.minItems ?? 0) > 0) yield wrong(`${it.at}: none`, JSON.stringify(it.put([])))
      yield loose(`${it.at}: twice the same`, it.put([items[0]!, items[0]!]))
    }
  }
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = good
    yield wrong(`without ${name}`, JSON.stringify(rest))
  }
}
