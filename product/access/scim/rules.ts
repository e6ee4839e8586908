/** The pure half of SCIM 2.0: filters (RFC 7644 section 3.4.2.2) and changes (section 3.5.2), on resources as plain objects. */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type Resource = { readonly [name: string]: Json }

/** Why a request is not understood: a `scimType` of RFC 7644 section 3.12, and a sentence. */
export class ScimRefused extends Error {
  readonly status: number
  readonly type: string | undefined
  constructor(status: number, type: string | undefined, detail: string) {
    super(detail)
    this.name = 'ScimRefused'
    this.status = status
    this.type = type
  }
}

const badFilter = (detail: string) => new ScimRefused(400, 'invalidFilter', detail)
const badPath = (detail: string) => new ScimRefused(400, 'invalidPath', detail)
const badValue = (detail: string) => new ScimRefused(400, 'invalidValue', detail)

const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'pr'] as const
type Operator = (typeof operators)[number]

/** A filter, read. */
export type Filter =
  | { readonly is: 'compare'; readonly path: string; readonly operator: Operator; readonly value: Json }
  | { readonly is: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly is: 'not'; readonly of: Filter }
  | { readonly is: 'each'; readonly path: string; readonly of: Filter }

/** Longest filter in characters, and deepest nesting: a filter is short, and an attack is not. */
const longest = 1_000
const deepest = 10

/** Reads a filter. Throws ScimRefused `invalidFilter`. */
export function readFilter(text: string): Filter {
  if (text.length > longest) throw badFilter(`A filter has at most ${longest} characters.`)
  const tokens = [...text.matchAll(/\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s()[\]"]+))/gy)].map((it) => it[1] ?? it[2] ?? it[3]!)
  if (tokens.join('').length !== text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : '')).length)
    throw badFilter('The filter has a text that does not end.')
  let at = 0
  const next = (): string => {
    const token = tokens[at]
    if (token === undefined) throw badFilter('The filter ends too early.')
    at += 1
    return token
  }
  const isWord = (word: string) => tokens[at]?.toLowerCase() === word
  const either = (depth: number): Filter => {
    let left = both(depth)
    while (isWord('or')) {
      at += 1
      left = { is: 'or', left, right: both(depth) }
    }
    return left
  }
  const both = (depth: number): Filter => {
    let left = one(depth)
    while (isWord('and')) {
      at += 1
      left = { is: 'and', left, right: one(depth) }
    }
    return left
  }
  const closed = (sign: string, depth: number): Filter => {
    if (depth >= deepest) throw badFilter('The filter is nested too deeply.')
    const inner = either(depth + 1)
    if (next() !== sign) throw badFilter(`"${sign}" is missing.`)
    return inner
  }
  const one = (depth: number): Filter => {
    const token = next()
    if (token.toLowerCase() === 'not' && tokens[at] === '(') {
      at += 1
      return { is: 'not', of: closed(')', depth) }
    }
    if (token === '(') return closed(')', depth)
    if (!isPath(token)) throw badFilter(`"${token.slice(0, 40)}" is no attribute.`)
    if (tokens[at] === '[') {
      at += 1
      return { is: 'each', path: token, of: closed(']', depth) }
    }
    const operator = next().toLowerCase() as Operator
    if (!operators.includes(operator)) throw badFilter(`"${operator.slice(0, 40)}" is no operator.`)
    return { is: 'compare', path: token, operator, value: operator === 'pr' ? null : readValue(next()) }
  }
  const filter = either(0)
  if (at !== tokens.length) throw badFilter(`"${tokens[at]!.slice(0, 40)}" is not expected there.`)
  return filter
}

const isPath = (text: string): boolean => /^(urn:[A-Za-z0-9:._-]+:)?[A-Za-z][\w$-]*(\.[A-Za-z$][\w$-]*)?$/.test(text)

function readValue(token: string): Json {
  try {
    const value: unknown = JSON.parse(token.startsWith('"') ? token : token.toLowerCase())
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Json
  } catch {
    // Falls through to the refusal.
  }
  throw badFilter(`"${token.slice(0, 40)}" is no value; a text stands in quotes.`)
}

const isObject = (value: Json | undefined): value is Resource => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly Json[]) : [value]

/** The member of an object whose name is this but for case (RFC 7643 section 2.1). */
function memberOf(of: Resource, name: string): string | undefined {
  if (Object.hasOwn(of, name)) return name
  const folded = name.toLowerCase()
  return Object.keys(of).find((key) => key.toLowerCase() === folded)
}

/** A path's steps: an extension's URN is one step, then an attribute and perhaps its part. */
function stepsOf(path: string): string[] {
  const urn = /^(urn:.+:)([^:]+)$/.exec(path)
  const steps = (urn?.[2] ?? path).split('.')
  return urn ? [urn[1]!.slice(0, -1), ...steps].filter((step) => !/^urn:ietf:params:scim:schemas:core:2\.0:/i.test(step)) : steps
}

/** Every value that stands at a path. */
function valuesAt(of: Json | undefined, steps: readonly string[]): readonly Json[] {
  const [step, ...rest] = steps
  if (step === undefined) return listOf(of)
  return listOf(of).flatMap((value) => {
    if (!isObject(value)) return []
    const key = memberOf(value, step)
    return key === undefined ? [] : valuesAt(value[key], rest)
  })
}

// Compared as written; all other texts are compared without case (RFC 7643 section 2.2, 4.1).
const exact = new Set(['id', 'externalid', 'value', '$ref'])

/** Whether a resource meets a filter. */
export function meets(of: Resource, filter: Filter): boolean {
  switch (filter.is) {
    case 'and':
      return meets(of, filter.left) && meets(of, filter.right)
    case 'or':
      return meets(of, filter.left) || meets(of, filter.right)
    case 'not':
      return !meets(of, filter.of)
    case 'each':
      return valuesAt(of, stepsOf(filter.path)).some((value) => isObject(value) && meets(value, filter.of))
    case 'compare': {
      const steps = stepsOf(filter.path)
      // `emails eq "x"` means the values of the list.
      const found = valuesAt(of, steps).flatMap((value) => (isObject(value) ? valuesAt(value, ['value']) : [value]))
      const isExact = exact.has(steps.at(-1)!.toLowerCase())
      if (filter.operator === 'pr') return found.some((value) => value !== null && value !== '')
      if (filter.operator === 'ne') return !found.some((value) => compare(value, 'eq', filter.value, isExact))
      return found.some((value) => compare(value, filter.operator, filter.value, isExact))
    }
  }
}

function compare(left: Json, operator: Operator, right: Json, isExact: boolean): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    const [a, b] = isExact ? [left, right] : [left.toLowerCase(), right.toLowerCase()]
    switch (operator) {
      case 'co':
        return a.includes(b)
      case 'sw':
        return a.startsWith(b)
      case 'ew':
        return a.endsWith(b)
      default:
        return ordered(a, operator, b)
    }
  }
  if (typeof left === 'boolean') return operator === 'eq' && left === booleanOf(right)
  if (typeof left === 'number' && typeof right === 'number') return ordered(left, operator, right)
  return operator === 'eq' && left === right
}

function ordered<T extends string | number>(a: T, operator: Operator, b: T): boolean {
  if (operator === 'eq') return a === b
  if (operator === 'gt') return a > b
  if (operator === 'ge') return a >= b
  if (operator === 'lt') return a < b
  return operator === 'le' && a <= b
}

/** A truth as Entra writes it, too: "True", "False". Undefined: it is none. */
export function booleanOf(value: Json | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  return text === 'true' ? true : text === 'false' ? false : undefined
}

/** One filter of the form `attribute eq "text"`, or null: what a database can answer by an index. */
export function plainEquality(filter: Filter | null): { readonly attribute: string; readonly value: string } | null {
  if (filter?.is !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return null
  const steps = stepsOf(filter.path)
  return steps.length === 1 ? { attribute: steps[0]!.toLowerCase(), value: filter.value } : null
}

/** One operation of a PATCH, as it came. */
interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string | undefined
  readonly value: Json | undefined
}

/** Most operations in one PATCH. */
const mostOperations = 1_000

/** Reads a PATCH's body; names of operations without case, as Entra writes them. Throws ScimRefused. */
export function readPatch(body: Resource): readonly Operation[] {
  const list = body[memberOf(body, 'Operations') ?? '']
  if (!Array.isArray(list) || list.length === 0 || list.length > mostOperations)
    throw new ScimRefused(400, 'invalidSyntax', `Operations must be a list of 1 to ${mostOperations}.`)
  return (list as readonly Json[]).map((it) => {
    if (!isObject(it)) throw new ScimRefused(400, 'invalidSyntax', 'An operation is an object.')
    const op = typeof it.op === 'string' ? it.op.toLowerCase() : ''
    if (op !== 'add' && op !== 'replace' && op !== 'remove') throw new ScimRefused(400, 'invalidSyntax', 'op is add, replace or remove.')
    const { path, value } = it
    if (path !== undefined && typeof path !== 'string') throw badPath('path is a text.')
    if (op === 'remove' && (path === undefined || path === '')) throw new ScimRefused(400, 'noTarget', 'remove needs a path.')
    if (op !== 'remove' && value === undefined) throw badValue('add and replace need a value.')
    return { op, path: path === '' ? undefined : path, value }
  })
}

/** Applies a PATCH to a resource; the resource given is not changed. Throws ScimRefused. */
export const patch = (of: Resource, operations: readonly Operation[]): Resource => operations.reduce(applyOne, of)

function applyOne(of: Resource, { op, path, value }: Operation): Resource {
  if (path === undefined) {
    if (!isObject(value)) throw badValue('Without a path the value is an object.')
    // Entra writes paths as names: {"name.givenName": "Ana"}.
    return Object.entries(value).reduce((so, [name, one]) => applyOne(so, { op, path: name, value: one }), of)
  }
  const found = /^((?:urn:[A-Za-z0-9:._-]+:)?[A-Za-z][\w$-]*)\[(.*)\](?:\.([A-Za-z$][\w$-]*))?$/.exec(path)
  if (found) return applyWhere(of, op, stepsOf(found[1]!), readFilter(found[2]!), found[3], value)
  if (!isPath(path) && !/^urn:[A-Za-z0-9:._-]+$/.test(path)) throw badPath(`"${path.slice(0, 80)}" is no path.`)
  // An extension as a whole is one step.
  const steps = Object.keys(of).some((key) => key.toLowerCase() === path.toLowerCase()) ? [path] : stepsOf(path)
  return setAt(of, steps, op, value)
}

function setAt(of: Resource, steps: readonly string[], op: Operation['op'], value: Json | undefined): Resource {
  const [step, ...rest] = steps
  if (step === undefined || step === '__proto__') throw badPath('The path names nothing.')
  const key = memberOf(of, step) ?? step
  const present = of[key]
  if (rest.length > 0) {
    if (Array.isArray(present))
      return { ...of, [key]: (present as readonly Json[]).map((one) => (isObject(one) ? setAt(one, rest, op, value) : one)) }
    if (op === 'remove' && present === undefined) return of
    return { ...of, [key]: setAt(isObject(present) ? present : {}, rest, op, value) }
  }
  if (op === 'remove') {
    // Entra removes members by a value instead of a filter.
    if (Array.isArray(present) && value !== undefined) {
      const gone = new Set(listOf(value).map(keyOf))
      return { ...of, [key]: (present as readonly Json[]).filter((one) => !gone.has(keyOf(one))) }
    }
    const { [key]: _gone, ...others } = of
    return others
  }
  if (op === 'add' && Array.isArray(present)) {
    const known = new Set((present as readonly Json[]).map(keyOf))
    return { ...of, [key]: [...(present as readonly Json[]), ...listOf(value).filter((one) => !known.has(keyOf(one)))] }
  }
  if (op === 'add' && isObject(present) && isObject(value)) return { ...of, [key]: { ...present, ...value } }
  return { ...of, [key]: value! }
}

/** What makes a value of a list itself: its `value`, or all of it. */
const keyOf = (one: Json): string => JSON.stringify(isObject(one) ? (one[memberOf(one, 'value') ?? ''] ?? one) : one)

function applyWhere(
  of: Resource,
  op: Operation['op'],
  steps: readonly string[],
  filter: Filter,
  part: string | undefined,
  value: Json | undefined,
): Resource {
  if (steps.length !== 1) throw badPath('A filter stands behind one attribute.')
  const key = memberOf(of, steps[0]!) ?? steps[0]!
  const present = listOf(of[key])
  const isIt = (one: Json) => isObject(one) && meets(one, filter)
  if (op === 'remove') {
    const left =
      part === undefined
        ? present.filter((one) => !isIt(one))
        : present.map((one) => (isIt(one) ? setAt(one as Resource, [part], op, undefined) : one))
    return { ...of, [key]: left }
  }
  if (present.some(isIt)) {
    const changed = (one: Resource): Json =>
      part !== undefined ? setAt(one, [part], op, value) : isObject(value) ? { ...one, ...value } : value!
    return { ...of, [key]: present.map((one) => (isIt(one) ? changed(one as Resource) : one)) }
  }
  // Okta and Entra add a value by the filter that would find it.
  if (filter.is !== 'compare' || filter.operator !== 'eq') throw new ScimRefused(400, 'noTarget', 'The filter finds nothing.')
  const made = setAt({}, stepsOf(filter.path), 'add', filter.value)
  return {
    ...of,
    [key]: [...present, part !== undefined ? setAt(made, [part], 'add', value) : isObject(value) ? { ...made, ...value } : made],
  }
}
