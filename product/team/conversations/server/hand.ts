import {
  addSignature,
  after,
  createPerson,
  encodeStatement,
  newBoxKey,
  newRecoveryKey,
  newSeed,
  newUuid,
  NIL_UUID,
  parse,
  publicDevice,
  recoveryFactor,
  removal,
  signingKeyOfSeed,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type { Removal, Statement } from '@wardline/crypto'
import type { Db, Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { createPerson as addPerson } from '@wardline/product/access/provisioning/server'
import { acceptKeys, publicPeople, trustFacts } from '@wardline/product/team/devices/server'
import { findHand, insertHand, newestRemovals } from './queries.ts'

const context = (person: string) => `directory-hand|${person}`

/**
 * The directory's hand, made when it is first asked for: a person without access whose one device signs removals for the directory. It may
 * do so once the organisation's root, or two administrators, name it; until then a leaver's removal is only the server's word. The first
 * key ceremony names it by an id of its own drawing (`person`).
 */
export async function directoryHand(tx: Tx, keys: KeyLedger, person = newUuid()): Promise<string> {
  const known = await findHand(tx)
  if (known) return known.person
  await addPerson(tx, {
    person,
    signInName: `directory-hand.${person.slice(0, 8)}`,
    name: 'Directory',
    title: 'signs for leavers',
    roles: [],
    internal: true,
  })
  const seed = newSeed()
  const device = { device: newUuid(), signing: await signingKeyOfSeed(seed), box: await newBoxKey() }
  const time = tx.at.getTime()
  // Its vault and recovery key are thrown away: nothing is ever sealed to it.
  const factors = [await recoveryFactor(newUuid(), newRecoveryKey())]
  const made = await createPerson({ organisation: tx.org, person, devices: [publicDevice(device, time)], factors, time })
  const text = (statement: Statement<unknown>) => toBase64url(encodeStatement(statement))
  await acceptKeys(tx, keys, {
    person,
    employee: `directory-hand.${person.slice(0, 8)}`,
    introduce: toBase64url(made.keys.identity.publicKey),
    deviceList: text(await addSignature(made.deviceList, device.signing)),
    userKey: text(made.userKey),
    vault: text(made.vault),
    joins: device.device,
  })
  const box = await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, seed, context(person))
  await insertHand(tx, { person, device: device.device, ...box })
  return person
}

/** Whether the organisation's root or administrators have named the hand, so that what it signs counts. */
export async function handIsNamed(db: Db): Promise<boolean> {
  const hand = await findHand(db)
  return hand !== undefined && (await trustFacts(db)).hands.has(hand.person)
}

/**
 * The hand's signed word that a person is out of all conversations, or may be added again; null where it may not sign, or there is nothing
 * to sign. Whom somebody else removed it does not let back.
 */
export async function signForLeaver(tx: Tx, keys: KeyLedger, person: string, removed: boolean): Promise<Statement<Removal> | null> {
  const hand = await findHand(tx)
  if (!hand || !(await trustFacts(tx)).hands.has(hand.person) || !(await publicPeople(tx, [person])).has(person)) return null
  const rows = await newestRemovals(tx, NIL_UUID, [person])
  const row = rows.find((it) => it.conversation === NIL_UUID)
  const prev = row ? parse(removal, row.statement) : null
  if ((prev?.body.removed ?? false) === removed) return null
  if (!removed && prev?.body.author.person !== hand.person) return null
  const device = await signingKeyOfSeed(keys.open(tx.org, hand.data_key, hand.sealed, context(hand.person)))
  const author = { person: hand.person, device: hand.device }
  const body = { ...after(prev, tx.org, tx.at.getTime()), person, conversation: NIL_UUID, epoch: 0, removed, exclude: removed, author }
  return signStatement(removal, body, device)
}
