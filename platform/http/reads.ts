import { createHash } from 'node:crypto'
import type { CommonFailure } from '../contract/endpoint.ts'
import { fact } from '../contract/fact.ts'
import { Type } from 'typebox'
import { Id, List, Shape, Text } from '../contract/text.ts'
import type { Clock } from '../clock/clock.ts'
import type { Database, Db } from '../db/types.ts'
import type { Caller } from './caller.ts'
import { Refusal } from './refusal.ts'

/** Somebody was shown records. One fact per (viewer, subjects, screen) in 15 minutes. */
export const recordRead = fact({
  kind: 'record.read',
  payload: Shape({
    subjects: List(Id, 5_000),
    screen: Text(80),
    until: Type.Integer(),
    /** The exceptional grant of access under which these were shown. */
    grant: Type.Optional(Id),
  }),
  says: 'looked at records',
})

/** Which of these subjects a person sees under an exceptional grant, and which grant that is. Asked before each reply that shows records. */
export type GrantsFor = (db: Db, person: string, subjects: readonly string[]) => Promise<ReadonlyMap<string, string>>

/**
 * Whether somebody is held back from records, and why; null: they are not. Asked before each reply that shows records other than those that
 * an exceptional grant opened.
 */
export type HoldsBack = (caller: Caller) => Promise<CommonFailure | null>

const leaseMs = 15 * 60_000

/**
 * Records reads before the reply leaves; remembers leases in memory (another node writes a fact of its own: more audit, never less).
 * Throws the refusal of who is held back, before anything is recorded: nothing was shown.
 */
export function openReads(db: Database, clock: Clock, grantsFor: GrantsFor | undefined, holdsBack?: HoldsBack, capacity = 50_000) {
  const leases = new Map<string, number>()
  const record = async (caller: Caller, sorted: readonly string[], screen: string, grant: string | undefined): Promise<void> => {
    if (sorted.length === 0) return
    const digest = sorted.length === 1 ? sorted[0]! : createHash('sha256').update(sorted.join()).digest('base64')
    // A read by right leaves no lease for a later one under a grant.
    const key = `${caller.org}|${caller.person}|${screen}|${grant ?? ''}|${digest}`
    const now = clock.ms()
    const lease = leases.get(key)
    if (lease !== undefined && lease > now) return
    const until = now + leaseMs
    // Durable first: if this fails the reply is not sent.
    await db.write(caller.org, { actor: caller.person, device: caller.device }, async (tx) => {
      for (let i = 0; i < sorted.length; i += 5_000) {
        const subjects = sorted.slice(i, i + 5_000)
        tx.announce(recordRead, {
          key: `read|${caller.person}`,
          payload: { subjects, screen, until, ...(grant === undefined ? {} : { grant }) },
        })
      }
    })
    if (leases.size >= capacity) leases.delete(leases.keys().next().value!)
    leases.delete(key)
    leases.set(key, until)
  }
  /** `urgent`: the route answers also who is held back. `elsewhere`: the caller comes from where these are not open to them. */
  return async (
    caller: Caller,
    subjects: readonly string[],
    screen: string,
    { urgent, elsewhere }: { readonly urgent: boolean; readonly elsewhere: boolean },
  ): Promise<void> => {
    const sorted = [...new Set(subjects)].toSorted()
    const granted = grantsFor ? await db.read(caller.org, (read) => grantsFor(read, caller.person, sorted)) : new Map<string, string>()
    if (!urgent && (sorted.length === 0 || sorted.some((it) => !granted.has(it)))) {
      if (elsewhere) throw new Refusal('other-network')
      const why = (await holdsBack?.(caller)) ?? null
      if (why !== null) throw new Refusal(why)
    }
    for (const grant of new Set(sorted.map((it) => granted.get(it))))
      await record(
        caller,
        sorted.filter((it) => granted.get(it) === grant),
        screen,
        grant,
      )
  }
}
