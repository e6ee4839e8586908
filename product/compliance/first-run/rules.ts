import type { Item, ItemState, RowProblem, Step } from './words.ts'
import { steps } from './words.ts'

/** What the system finds about itself; each figure is somebody else's state, read when it is asked for. */
export interface Found {
  readonly passkeysMet: boolean
  readonly recoveryCodes: number
  readonly people: number
  readonly administrators: number
  readonly privacyOfficers: number
  readonly securityOfficers: number
  /** People who were given a code and never signed in. */
  readonly waiting: number
  /** Whether the root has signed an archive policy whose period is not over. */
  readonly hasArchive: boolean
  readonly ownKeys: boolean
  readonly agreement: boolean
  readonly channel: boolean
  /** Whether the address that others are told begins with https. */
  readonly isReachable: boolean
}

/** What somebody said about a step. */
export type Mark = 'looked-at' | 'later'

/** The checklist: every item with its state. Only what is a matter of looking can be ticked off; everything else is found out. */
export function checklist(found: Found, marks: ReadonlyMap<Step, Mark>): readonly { readonly item: Item; readonly state: ItemState }[] {
  const looked = (step: Step) => marks.get(step) === 'looked-at'
  const done: Readonly<Record<Item, boolean>> = {
    'sign-in': found.passkeysMet && found.recoveryCodes > 0,
    organisation: looked('organisation'),
    people: found.people > 1,
    officers: found.privacyOfficers > 0 && found.securityOfficers > 0,
    'archive-key': found.hasArchive,
    'own-keys': found.ownKeys,
    texting: found.agreement && found.channel,
    consent: looked('consent'),
    'everybody-in': found.people > 1 && found.waiting === 0,
    'second-administrator': found.administrators > 1,
    reachable: found.isReachable,
  }
  return (Object.keys(done) as Item[]).map((item) => ({
    item,
    state: done[item] ? 'done' : marks.get(item as Step) === 'later' ? 'later' : 'open',
  }))
}

/** The step at which one goes on: the first that is neither done nor put off; null: the checklist. */
export const nextStep = (items: readonly { readonly item: Item; readonly state: ItemState }[]): Step | null =>
  steps.find((step) => items.find((it) => it.item === step)?.state === 'open') ?? null

/** What one row needs to be judged. */
export interface RowFacts {
  readonly name: string
  /** Folded. */
  readonly signInName: string
  readonly roles: readonly string[]
  readonly isSignInName: boolean
  readonly isTaken: boolean
  /** Whether an earlier row has the same sign-in name. */
  readonly isTwice: boolean
}

/** What is wrong with a row of people; nothing is imported while any row has a problem. */
export function judgeRow(it: RowFacts, known: readonly string[], needsSecond: (role: string) => boolean): RowProblem[] {
  const found: RowProblem[] = []
  if (it.name.trim() === '') found.push('no-name')
  if (!it.isSignInName) found.push('bad-sign-in-name')
  else if (it.isTwice) found.push('twice')
  else if (it.isTaken) found.push('name-taken')
  if (it.roles.length === 0) found.push('no-role')
  if (it.roles.some((role) => !known.includes(role))) found.push('unknown-role')
  // Who could give themselves the rights to everything is named one by one, not in a list.
  if (it.roles.some(needsSecond)) found.push('needs-second')
  return found
}
