import { authority, CryptoError, fromBase64url, parse, parseStatement } from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import { refuse, Refusal } from '@wardline/platform/server'
import type { Ctx, Db } from '@wardline/platform/server'
import { organisationKeys, PolicyRefused } from '@wardline/product/access/policies/server'
import { readPerson } from '@wardline/product/access/provisioning/server'
import { storeCeremony } from '@wardline/product/compliance/archive/server'
import { storeKeys as endpoint } from '../contract.ts'
import { everybody } from './standing.ts'

/** Which role of the organisation a power of the root's papers belongs to. */
const offices: Readonly<Record<string, readonly string[]>> = {
  administrator: ['administrator'],
  'archive-officer': ['privacy-officer'],
}

/** Stores the public half of the first ceremony; its secrets never came here. Only once: a second root would make every key of the first one worthless. */
export async function storeFirstKeys(ctx: Ctx, it: TakesOf<typeof endpoint>): Promise<Record<string, never>> {
  let directorySeed = new Uint8Array()
  try {
    directorySeed = fromBase64url(it.directorySeed)
    const trustStatements = it.trust.map(fromBase64url)
    await ctx.write(async (tx) => {
      if (await organisationKeys(tx)) throw refuse(endpoint, 'already-held')
      if (!(await areInOffice(tx, trustStatements))) throw refuse(endpoint, 'not-in-office')
      await storeCeremony(tx, ctx.keys, {
        rootPublicKey: fromBase64url(it.root),
        directorySeed,
        directoryStatement: fromBase64url(it.directory),
        archiveStatement: fromBase64url(it.archive),
        trustStatements,
      })
    })
    return {}
  } catch (thrown) {
    // Another window was first, between the question and the lock.
    if (thrown instanceof PolicyRefused && thrown.code === 'other-root') throw refuse(endpoint, 'already-held')
    if (thrown instanceof PolicyRefused || thrown instanceof CryptoError) throw refuse(endpoint, 'not-sound')
    if (thrown instanceof Refusal && thrown.code === 'bad-statement') throw refuse(endpoint, 'not-sound')
    throw thrown
  } finally {
    directorySeed.fill(0)
  }
}

/** Whether everybody whom the root gives a power holds the office that it belongs to, and no other power is given; the directory's hand is nobody yet. */
async function areInOffice(db: Db, statements: readonly Uint8Array[]): Promise<boolean> {
  const roles = new Map((await everybody(db)).map((it) => [it.id, it.roles as readonly string[]]))
  const isHand = async (people: readonly string[]) => people.length === 1 && (await readPerson(db, people[0]!)) === undefined
  for (const { power, people } of statements.filter((it) => parseStatement(it).kind === 'authority').map((it) => parse(authority, it).body))
    if (!(power === 'directory-hand' ? await isHand(people) : inOffice(power, people))) return false
  return true

  function inOffice(power: string, people: readonly string[]): boolean {
    const its = offices[power]
    return its !== undefined && people.every((person) => its.some((role) => roles.get(person)?.includes(role)))
  }
}
