import type { Tx } from '@wardline/platform/db'
import { after, bySystem, newId } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import type { Caller } from '@wardline/platform/server'
import { figure } from '@wardline/product/access/policies/server'
import { sessionEnded } from '@wardline/product/access/sessions/contract'
import { newToken, readToken } from '@wardline/product/access/sessions/server'
import { signInPolicy } from '../rules.ts'
import {
  deleteBrowsersOf,
  deleteHeld,
  deleteMachine,
  findKnown,
  followSession,
  insertKnown,
  moveToMachine,
  passwordGeneration,
  renewKnown,
  trimKnown,
} from './queries.ts'
import type { KnownRow } from './tables.ts'

/** The cookie that a browser keeps for each person who signed in there before: it opens nothing. */
const knownCookie = 'wlk'
/** The credential of a machine that people share: what registers machines sets it. */
export const machineCookie = 'wlw'

/** What a browser holds of each person who signed in there, newest first: 256 random bits each, with whose organisation they are of. */
function held(ctx: Pick<Ctx<Caller | null>, 'cookie'>) {
  const texts = (ctx.cookie(knownCookie) ?? '').split('.').slice(0, signInPolicy.knownInBrowser)
  return texts.flatMap((text) => {
    const token = readToken(text)
    return token ? [{ text, ...token }] : []
  })
}

/** The same of the machine, if this is one; each person's row stands beside it in the database, so there is room for all who work there. */
const machineHere = (ctx: Pick<Ctx<Caller | null>, 'cookie'>) => readToken(ctx.cookie(machineCookie))

/** As whose known browser this one may try, or null. It depends on what the browser holds alone, never on whether somebody has the name. */
export async function recognise(ctx: Ctx<Caller | null>, isTheirs: (row: KnownRow) => boolean): Promise<string | null> {
  const machine = machineHere(ctx)
  for (const [org, tokens] of Map.groupBy([...(machine ? [machine] : []), ...held(ctx)], (it) => it.org)) {
    const hashes = tokens.map((it) => it.hash)
    const found = (await ctx.db.read(org, (db) => findKnown(db, hashes))).find((row) => isTheirs(row))
    if (found) return found.browser
  }
  return null
}

/**
 * This browser is known for a person from now on: what it holds for them changes with every sign-in. Returns the cookie, or null for
 * somebody without a password. The person is locked by the caller.
 */
export async function remember(tx: Tx, ctx: Ctx<Caller | null>, it: { person: string; session: string }): Promise<KnownCookie | null> {
  const generation = await passwordGeneration(tx, it.person)
  if (generation === undefined) return null
  const tokens = held(ctx)
  const machine = machineHere(ctx)
  const here = [...(machine ? [machine] : []), ...tokens].filter((token) => token.org === tx.org)
  const before = (
    await findKnown(
      tx,
      here.map((token) => token.hash),
    )
  ).find((row) => row.person === it.person)
  const days = await figure(tx, 'known-browser.days')
  if (before && before.token_hash === null) {
    await renewKnown(tx, { browser: before.browser, hash: null, session: it.session, days })
    return null
  }
  const token = newToken(tx.org)
  if (before) await renewKnown(tx, { browser: before.browser, hash: token.hash, session: it.session, days })
  else await insertKnown(tx, { ...it, browser: newId(), hash: token.hash, generation, days })
  // At a machine that people share, what has just been put is the machine's a moment later: it takes no place of their own.
  const own = signInPolicy.knownOfPerson + (machine?.org === tx.org ? 1 : 0)
  await trimKnown(tx, it.person, { own, machines: signInPolicy.machinesOfPerson })
  const others = tokens.filter((other) => !(other.org === tx.org && before?.token_hash?.equals(other.hash)))
  const value = [token.text, ...others.map((other) => other.text)].slice(0, signInPolicy.knownInBrowser).join('.')
  return { value, maxAgeSeconds: days * 86_400, isNew: before === undefined }
}

/** What a browser is to keep. */
export interface KnownCookie {
  readonly value: string
  readonly maxAgeSeconds: number
  /** Nobody knew it for this person until now. */
  readonly isNew: boolean
}

/** Lets the browser keep it. */
export const carryKnown = (ctx: Ctx<Caller | null>, { value, maxAgeSeconds }: KnownCookie): void =>
  ctx.setCookie(knownCookie, value, { maxAgeSeconds })

/**
 * Whoever has just signed in at a machine that people share is known there from now on, by the machine's credential. The caller holds the
 * person and the machine. The row is theirs alone: guesses at one name use up that one, and only half of that person's known lane.
 */
export async function rememberAtMachine(tx: Tx, ctx: Ctx, it: { person: string; session: string }): Promise<void> {
  const machine = machineHere(ctx)
  if (machine?.org === tx.org) await moveToMachine(tx, { ...it, machine: machine.hash })
}

/** They came back there: the session that stands for them is this one. */
export async function followAtMachine(tx: Tx, ctx: Ctx<Caller | null>, it: { person: string; session: string }): Promise<void> {
  const machine = machineHere(ctx)
  if (machine?.org === tx.org) await followSession(tx, { ...it, machine: machine.hash })
}

/** A browser becomes a machine that people share: whoever was known in it by a token of their own is known there no more. */
export async function forgetHeld(tx: Tx, ctx: Ctx): Promise<void> {
  await deleteHeld(
    tx,
    held(ctx)
      .filter((it) => it.org === tx.org)
      .map((it) => it.hash),
  )
}

/** The tokens leave the browser. */
export const dropKnown = (ctx: Ctx): void => ctx.clearCookie(knownCookie)

/** A machine is one no more: nobody is known by its credential. */
export const forgetMachine = (tx: Tx, tokenHash: Buffer): Promise<number> => deleteMachine(tx, tokenHash)

/** Who ends a session from elsewhere does not trust that browser: it is known no more. */
export const forgetEndedElsewhere = after('sign-in-follows-sessions', [sessionEnded], async (db, fact) => {
  const payload = fact.payload
  if (payload?.reason !== 'ended-elsewhere') return
  await db.write(fact.org, bySystem, (tx) => deleteBrowsersOf(tx, payload.session))
})
