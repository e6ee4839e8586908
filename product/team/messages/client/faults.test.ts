// Two people write while everything goes wrong that can: frames are lost, connections cut, tabs killed, old backups put back, epochs end.
// The seed decides what happens; the claim is about all of it.
import { foundOrganisation, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { fromBase64url, newUuid, parseEnvelope, toHex } from '@wardline/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MemoryStore } from './memory.ts'

let world: World
let organisation: Organisation
beforeAll(async () => {
  world = await openWorld({ features: staffFeatures, server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
})
afterAll(() => world.close())

/** Mulberry32: the same seed, the same run. */
const dice = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

interface Side {
  desk: Desk
  backup: MemoryStore | null
  /** Everything that left this person's devices. */
  readonly sent: string[]
  readonly wrote: string[]
}

/** The next frame of this kind is lost. */
function lose(desk: Desk, way: 'in' | 'out', kind: string): void {
  const before = desk.wires[way]
  desk.wires[way] = (frame) => {
    if (frame.t !== kind) return before(frame)
    desk.wires[way] = before
    return null
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: every message once, in one order, and nothing sealed twice under one key', async (seed) => {
  const roll = dice(seed)
  const of = <T>(list: readonly T[]): T => list[Math.floor(roll() * list.length)]!
  const conversation = newUuid()
  const sides: Side[] = []
  for (let i = 0; i < 2; i++) sides.push({ desk: await settle(world, organisation), backup: null, sent: [], wrote: [] })
  const [ana, ben] = sides as [Side, Side]
  await ana.desk.engine.createConversation({ conversation, kind: 'direct', people: [ben.desk.session.person] })
  await ben.desk.conversation(conversation)

  const collect = (side: Side): void =>
    void side.sent.push(...side.desk.sent.filter((it) => it.t === 'send').map((it) => String(it['envelope'])))
  const reopen = async (side: Side, store: MemoryStore): Promise<void> => {
    collect(side)
    side.desk = await sit(world, await signIn(world, organisation.org, side.desk.session.person), { store })
  }
  const acts: readonly ((side: Side) => Promise<unknown>)[] = [
    async (side) => {
      const text = `${seed}.${side.wrote.length} of ${side === ana ? 'ana' : 'ben'}`
      side.wrote.push(text)
      await side.desk.say(conversation, text)
    },
    async (side) => lose(side.desk, of(['in', 'out'] as const), of(['ack', 'send', 'message', 'epoch', 'rest', 'synced'])),
    (side) => side.desk.setUp(false),
    (side) => side.desk.setUp(true),
    (side) => reopen(side, side.desk.kill()),
    async (side) => {
      side.backup = side.desk.store.copy()
    },
    async (side) => {
      // A backup that is older than what was written since would lose what never left: it is only put back once all has.
      const { waiting } = await side.desk.engine.state()
      if (waiting > 0 || !side.backup) return
      side.desk.kill()
      await reopen(side, side.backup.copy())
    },
    () => world.owner.query("update conversation set epoch_used_at = epoch_used_at - interval '25 hours' where id = $1", [conversation]),
  ]
  const weights = [0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7]
  for (let step = 0; step < 40; step++) await acts[of(weights)]!(of(sides))

  // Then all is well again.
  for (const side of sides) {
    side.desk.wires.in = (frame) => frame
    side.desk.wires.out = (frame) => frame
    await side.desk.setUp(false)
    await side.desk.setUp(true)
  }
  const total = ana.wrote.length + ben.wrote.length
  for (const side of sides) await side.desk.thread(conversation, (it) => it.filter((m) => m.sequence !== null).length === total)
  const [left, right] = await Promise.all(sides.map((it) => it.desk.texts(conversation)))
  expect(left).toEqual(right)
  expect(left!.filter((it) => it.endsWith('ana'))).toEqual(ana.wrote)
  expect(left!.filter((it) => it.endsWith('ben'))).toEqual(ben.wrote)
  const { rows } = await world.owner.query<{ n: number }>('select count(*)::int as n from message where conversation = $1', [conversation])
  expect(rows[0]!.n).toBe(total)
  for (const side of sides) {
    await side.desk.state((it) => it.waiting === 0)
    expect((await side.desk.engine.state()).alarms).toEqual([])
    collect(side)
    // (mk, iv) is a function of epoch and header: one header, one ciphertext.
    const ciphertexts = new Map<string, string>()
    for (const text of new Set(side.sent)) {
      const { header, headerHash, ct } = parseEnvelope(fromBase64url(text))
      const key = `${toHex(header.epochHash)} ${toHex(headerHash)}`
      expect(ciphertexts.get(key) ?? toHex(ct)).toBe(toHex(ct))
      ciphertexts.set(key, toHex(ct))
    }
    await side.desk.engine.stop()
  }
})
