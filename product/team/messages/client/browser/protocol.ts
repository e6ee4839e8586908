import type { PageStart, Team, TeamChange } from '../types.ts'

/** The calls that cross from a page to its worker, and from a tab that follows to the one that leads. */
export type TeamCall = Exclude<keyof Team, 'subscribe'>

/** Every call by its name; the compiler keeps this complete. */
export const teamCalls: Readonly<Record<TeamCall, true>> = {
  state: true,
  createIdentity: true,
  newRecoveryKey: true,
  confirmRecoveryKey: true,
  enrol: true,
  enrolByPasskey: true,
  keepHere: true,
  addPasskey: true,
  removePasskey: true,
  unlockFactors: true,
  removeDevice: true,
  drawNewKeys: true,
  drawnKeys: true,
  dropNewKeys: true,
  knownAs: true,
  useNewKeys: true,
  signNewIdentity: true,
  signHand: true,
  acceptIdentity: true,
  safetyNumber: true,
  conversations: true,
  messages: true,
  receipts: true,
  createConversation: true,
  send: true,
  retry: true,
  discard: true,
  markShown: true,
  addPeople: true,
  removePerson: true,
  draft: true,
  saveDraft: true,
  active: true,
  reconnect: true,
  dismissAlarm: true,
  signOut: true,
}

/** A call; `id` is drawn by the caller and comes back. */
export interface CallMessage {
  readonly t: 'call'
  readonly id: string
  readonly name: TeamCall
  readonly args: readonly unknown[]
}

/** The answer to a call; `failed`: the engine made a mistake, nothing more is known. */
export type AnswerMessage =
  { readonly t: 'answer'; readonly id: string; readonly value: unknown } | { readonly t: 'failed'; readonly id: string }

/** Something changed. */
export interface ChangeMessage {
  readonly t: 'change'
  readonly change: TeamChange
}

/**
 * Page to worker. `start` is first and once; after `close` the worker ends when its last write is done. `orders` instead of all that: nobody is
 * signed in, and what lies here may have been reported as lost.
 */
export type ToWorker = { readonly t: 'start'; readonly start: PageStart } | CallMessage | { readonly t: 'close' } | { readonly t: 'orders' }

/** Worker to page. `closed`: everything is written, and the worker ends. */
export type ToPage = AnswerMessage | ChangeMessage | { readonly t: 'closed' }

/** Between the tabs of one browser: a tab that does not lead asks the one that does. `leader`: another tab leads from now on. */
export type BetweenTabs = CallMessage | AnswerMessage | ChangeMessage | { readonly t: 'leader' }
