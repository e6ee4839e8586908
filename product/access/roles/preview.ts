import type { Action, Cell, Party, Role } from './words.ts'
import { cellWords, matrix, parties, roles, roleWords } from './words.ts'

export { cellWords, matrix, parties, roles, roleWords } from './words.ts'
export type { Action, Cell, Party, Role } from './words.ts'

/**
 * How far a right reaches: everything, one's location, where one is a member or in a care relationship, one's own, or what was opened in
 * an emergency. The feature that owns the records checks all but the first (`reaches`).
 */
export type Reach = 'all' | 'location' | 'member' | 'own' | 'opened'

/** The answer to "may I?", the same for button and server. `reason` is a sentence that a screen can show. */
export type Decision =
  | {
      readonly yes: true
      /** The widest of `reaches`. */
      readonly reach: Reach
      /** All, because several roles add up and none of location and membership contains the other. */
      readonly reaches: readonly Reach[]
      /** Minutes within which a full sign-in or step-up must have been, or `policy`: as the security policy says; null: this needs none. */
      readonly fresh: number | 'policy' | null
      /** Whether another person in another role must agree. */
      readonly second: boolean
    }
  | { readonly yes: false; readonly reason: string }

/** How a person stands to a patient: their own record, in a care relationship, opened in an emergency, or none of these. */
export type Relation = 'own' | 'related' | 'opened' | 'unrelated'

/** What a right is asked about. */
export interface Thing {
  readonly relation: Relation
  /** Whether the person works at the thing's location. */
  readonly here: boolean
  /** Marked as a well-known person's or a study's: only a care relationship or an emergency opens it, or a right over everything. */
  readonly restricted: boolean
}

const reachOf = { Y: 'all', L: 'location', R: 'member', O: 'own', B: 'opened' } as const
const widest: readonly Reach[] = ['all', 'location', 'member', 'own', 'opened']

/** The cell of one party. What the matrix does not list is denied. */
export function cellOf(party: string, action: string): Cell {
  const column = (parties as readonly string[]).indexOf(party)
  const found = Object.hasOwn(matrix, action) ? matrix[action as Action] : undefined
  return column < 0 || !found ? '-' : (found.cells.split(' ')[column] as Cell)
}

/** The cell of a role of the staff; a patient's, a caregiver's or a service account's column is no right of staff. */
const heldCells = (held: readonly string[], action: Action): Cell[] =>
  roles.filter((role) => held.includes(role)).map((role) => cellOf(role, action))

/** Whether somebody with these roles may act, how far, at what cost; or why not. Rights of several roles add up. */
export function may(held: readonly string[], action: Action): Decision
/** The same about one thing. */
export function may(held: readonly string[], action: Action, thing: Thing): Decision
export function may(held: readonly string[], action: Action, thing?: Thing): Decision {
  const row: { readonly fresh?: number } = Object.hasOwn(matrix, action) ? matrix[action] : {}
  const rights = heldCells(held, action).flatMap((cell) => {
    const reach = (reachOf as Readonly<Record<string, Reach>>)[cell[0]!]
    return reach && (!thing || reaches(reach, thing)) ? [{ reach, step: cell.includes('S'), second: cell.includes('2') }] : []
  })
  const reach = widest.find((it) => rights.some((right) => right.reach === it))
  if (!reach) return { yes: false, reason: thing && may(held, action).yes ? notReached(thing) : why(action) }
  // The lightest of the rights that reach furthest counts: a role more never makes an act harder.
  const best = rights.filter((right) => right.reach === reach)
  return {
    yes: true,
    reach,
    reaches: widest.filter((it) => rights.some((right) => right.reach === it)),
    fresh: best.every((right) => right.step) ? (row.fresh ?? 'policy') : null,
    second: best.every((right) => right.second),
  }
}

/** Whether an act opens or changes patients' records, or opens archives, so that an organisation may keep it to its own networks. */
export const opensRecords = (action: string): boolean => {
  const row: { readonly records?: boolean } | undefined = Object.hasOwn(matrix, action) ? matrix[action as Action] : undefined
  return row?.records === true
}

/** Those of somebody's roles that count for an act where they are. `closed`: roles that open no records from there. */
export const rolesHere = (held: readonly string[], closed: readonly string[], action: Action): readonly string[] =>
  opensRecords(action) ? held.filter((role) => !closed.includes(role)) : held

/** Whether somebody may act from where they are; a role more that is open there never takes a right away. */
export function mayHere(held: readonly string[], closed: readonly string[], action: Action): Decision {
  const anywhere = may(held, action)
  if (!anywhere.yes) return anywhere
  const here = may(rolesHere(held, closed, action), action)
  return here.yes ? here : { yes: false, reason: elsewhereReason }
}

const elsewhereReason =
  'Your organisation allows this from its own networks only, and you are not in one of them. Join the staff network or the VPN.'

/** Roles of those who treat patients or work at the desk: what one of them may do is no administration. */
export const careRoles: readonly Role[] = ['clinician', 'nurse', 'front-desk', 'operator']
/** Roles that look after administrators. */
export const overseers: readonly Role[] = ['privacy-officer', 'security-officer', 'auditor']
/** How they do: from everywhere, whatever networks administration is kept to. */
export const overseen: readonly Action[] = [
  'audit.read',
  'audit.verify',
  'pending.read',
  'role.approve',
  'network.set',
  'security-policy.read',
]

/** Whether an act is administration that is absent, to somebody with these roles, outside the networks to which it is kept. */
export const isKeptInside = (held: readonly string[], action: Action): boolean =>
  !careRoles.some((role) => may([role], action).yes) &&
  !(
    overseen.includes(action) &&
    may(
      overseers.filter((role) => held.includes(role)),
      action,
    ).yes
  )

/** Why administration is not offered there. */
export const administrationElsewhere =
  'Your organisation is administered from its own networks only, and you are not in one of them. Join the staff network or the VPN.'

/** Whether a right of this reach covers a thing. */
export function reaches(reach: Reach, thing: Thing): boolean {
  if (thing.relation === 'opened' && reach !== 'own') return true
  if (reach === 'all') return true
  if (reach === 'location') return thing.here && (!thing.restricted || thing.relation === 'related')
  if (reach === 'member') return thing.relation === 'related' || thing.relation === 'own'
  return reach === 'own' && thing.relation === 'own'
}

function notReached(thing: Thing): string {
  if (thing.restricted) return 'This record is restricted: a care relationship opens it, or an emergency.'
  return thing.here
    ? 'You have no care relationship with this patient. Say that you are covering for a colleague, or ask to be put on the care team.'
    : 'This belongs to a location where you do not work.'
}

function why(action: Action): string {
  const able = Object.hasOwn(matrix, action)
    ? roles.filter((role) => cellOf(role, action) !== '-').map((role: Role) => roleWords[role])
    : []
  if (able.length === 0) return 'Nobody may do this.'
  const list = able.length === 1 ? able[0] : `${able.slice(0, -1).join(', ')} or ${able.at(-1)}`
  return `To ${matrix[action].says} you need the role ${list}. An administrator can grant it.`
}

/** A part of the matrix, for whoever reads it. */
export interface MatrixSection {
  readonly title: string
  readonly rows: readonly {
    readonly action: Action
    readonly says: string
    readonly cells: Readonly<Record<Party, Cell>>
    /** Minutes for which a proof counts; null: as the security policy says. */
    readonly fresh: number | null
    /** Whether an organisation may keep it to its own networks. */
    readonly records: boolean
  }[]
}

const titles: readonly (readonly [string, RegExp])[] = [
  [
    'People and administration',
    /^(colleague|person|enrolment|role|guest|location|unit|pending|network|directory|switch|agreement|archive-policy)\./,
  ],
  ['Team messages', /^team\./],
  ['Patients', /^(patient|appointment|care)\./],
  ['Emergencies and oversight', /./],
]

/** The whole matrix by parts: each act stands in exactly one. */
export function whoCanWhat(): readonly MatrixSection[] {
  const sectionOf = (action: string) => titles.find(([, holds]) => holds.test(action))![0]
  return titles.map(([title]) => ({
    title,
    rows: (Object.keys(matrix) as Action[])
      .filter((action) => sectionOf(action) === title)
      .map((action) => {
        const row: { readonly says: string; readonly fresh?: number } = matrix[action]
        const cells = Object.fromEntries(parties.map((party) => [party, cellOf(party, action)])) as Record<Party, Cell>
        return { action, says: row.says, cells, fresh: row.fresh ?? null, records: opensRecords(action) }
      }),
  }))
}

/** A cell in words, for people and screen readers. */
export function cellText(cell: Cell, fresh: number | null): string {
  if (cell === '-') return cellWords['-']
  const base = cellWords[cell[0] as 'Y']
  const soon = fresh === null ? 'soon after' : `within ${fresh} minutes of`
  const step = cell.includes('S') ? `, ${soon} a full sign-in or step-up` : ''
  return `${base}${step}${cell.includes('2') ? `, ${cellWords['2']}` : ''}`
}
