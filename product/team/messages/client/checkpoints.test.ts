import fc from 'fast-check'
import { employ, foundOrganisation, settle, sit, staffFeatures } from '@wardline/dev/staff'
import type { Desk, Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { fromBase64url, newUuid, parseEnvelope, sha256, utf8 } from '@wardline/crypto'
import type { Bytes } from '@wardline/crypto'
import { audit } from '@wardline/product/compliance/audit/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isConsistent, readNote } from './checkpoints.ts'

// RFC 9162 section 2.1, by its recursive definitions.
const joined = (...parts: readonly Uint8Array[]): Bytes => sha256(Buffer.concat(parts))
const split = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1)
const rootOf = (leaves: readonly Bytes[]): Bytes => {
  if (leaves.length === 1) return joined(Uint8Array.of(0), leaves[0]!)
  const k = split(leaves.length)
  return joined(Uint8Array.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)))
}
const subproof = (m: number, leaves: readonly Bytes[], whole: boolean): Bytes[] => {
  if (m === leaves.length) return whole ? [] : [rootOf(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), rootOf(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))]
}
const logOf = (n: number): Bytes[] => Array.from({ length: n }, (_, i) => utf8(`entry ${i}`))
const at = (log: readonly Bytes[], size: number) => ({ size, root: rootOf(log.slice(0, size)) })

describe('a consistency proof', () => {
  test('of every pair of sizes up to 40 is accepted', () => {
    const log = logOf(40)
    for (let n = 1; n <= 40; n++)
      for (let m = 1; m <= n; m++) {
        const proof = subproof(m, log.slice(0, n), true)
        expect(isConsistent(at(log, m), at(log, n), proof), `${m} in ${n}`).toBe(true)
      }
  })

  test('of a log with any entry changed before, or with any changed, dropped or added hash, is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.nat(), fc.constantFrom('entry', 'hash', 'drop', 'add'), (n, a, b, how) => {
        const m = 1 + (a % (n - 1))
        const log = logOf(n)
        const proof = subproof(m, log, true)
        const from = at(log, m)
        const spoilt = proof.length === 0 ? 0 : b % proof.length
        if (how === 'entry') {
          const other = log.with(b % m, utf8('another entry'))
          expect(isConsistent(from, at(other, n), subproof(m, other, true))).toBe(false)
        } else if (how === 'hash') {
          expect(isConsistent(from, at(log, n), proof.with(spoilt, sha256(utf8('x'))))).toBe(false)
        } else if (how === 'drop') {
          expect(isConsistent(from, at(log, n), proof.toSpliced(spoilt, 1))).toBe(false)
        } else {
          expect(isConsistent(from, at(log, n), proof.toSpliced(spoilt, 0, sha256(utf8('x'))))).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })
})

test('a note is read strictly: size in decimal, root of 32 bytes', () => {
  const root = Buffer.alloc(32, 7).toString('base64')
  expect(readNote(`origin\n12\n${root}\n\n— origin x\n`)).toEqual({ size: 12, root: new Uint8Array(32).fill(7) })
  for (const bad of ['', `o\n-1\n${root}\n`, `o\n012\n${root}\n`, `o\n12\n${root.slice(4)}\n`, `o\nx\n${root}\n`])
    expect(readNote(bad)).toBe(null)
})

describe('in messages', () => {
  let world: World
  let organisation: Organisation
  let ana: Desk
  let ben: Desk
  let conversation: string
  beforeAll(async () => {
    world = await openWorld({ features: [...staffFeatures, audit((kind) => kind)], server: { beatMs: 100 } })
    organisation = await foundOrganisation(world)
    ana = await settle(world, organisation)
    ben = await settle(world, organisation)
    conversation = newUuid()
    await ana.engine.createConversation({ conversation, kind: 'direct', people: [ben.session.person] })
    await ben.conversation(conversation)
  })
  afterAll(async () => {
    await Promise.all([ana.engine.stop(), ben.engine.stop()])
    await world.close()
  })
  const checkpointMade = async () => {
    await world.advance(61_000)
    await world.advance(1_000)
  }
  const again = async (desk: Desk) => {
    await desk.setUp(false)
    await desk.setUp(true)
    await desk.state((it) => it.connection === 'open')
  }

  /** The size of the log that a device has seen last; 0: none yet. */
  const seen = async (desk: Desk) => ((await desk.store.get(['checkpoint'])) as { size: number } | undefined)?.size ?? 0

  test('the newest checkpoint goes along, and a log that grows is fine', async () => {
    const before = await seen(ana)
    await checkpointMade()
    await again(ana)
    await ana.until(async () => (await seen(ana)) > before)
    await ana.say(conversation, 'one')
    await ben.thread(conversation, (it) => it.length === 1)
    const sent = ana.sent.findLast((it) => it.t === 'send')
    const { checkpoint } = parseEnvelope(fromBase64url(String(sent?.['envelope']))).header
    expect(checkpoint).toEqual(await ana.store.get(['checkpoint']))
    await checkpointMade()
    await again(ana)
    await ana.until(async () => (await seen(ana)) > checkpoint.size)
    await again(ben)
    await ben.until(async () => (await seen(ben)) > checkpoint.size)
    for (const desk of [ana, ben]) expect((await desk.engine.state()).alarms).toEqual([])
  })

  test('a log that was rewritten is an alarm', async () => {
    await checkpointMade()
    ben.wires.answer = (path, value) => {
      if (path !== '/api/v1/audit/checkpoint') return value
      const { checkpoint } = value as { checkpoint: { size: number; note: string; at: number } }
      const lines = checkpoint.note.split('\n')
      return { checkpoint: { ...checkpoint, note: lines.with(2, Buffer.alloc(32, 1).toString('base64')).join('\n') } }
    }
    await again(ben)
    await ben.state((it) => it.alarms.some((a) => a.kind === 'log' && a.code === 'rewritten'))
    ben.wires.answer = (_path, value) => value
  })

  test('two colleagues who were shown two logs find out', async () => {
    // The server shows cleo a log of her own, of another size and root.
    const cleo = await sit(world, await employ(world, organisation), { start: false })
    cleo.wires.answer = (path, value) => {
      if (path === '/api/v1/audit/consistency') return { proof: [] }
      if (path !== '/api/v1/audit/checkpoint') return value
      const { checkpoint } = value as { checkpoint: { size: number; note: string; at: number } }
      return { checkpoint: { ...checkpoint, note: ['o', '3', Buffer.alloc(32, 9).toString('base64'), ''].join('\n') } }
    }
    await cleo.engine.start()
    await cleo.state((it) => it.status === 'needs-new-person')
    await cleo.engine.createIdentity()
    await cleo.until(async () => (await seen(cleo)) === 3)
    const together = newUuid()
    await cleo.engine.createConversation({ conversation: together, kind: 'direct', people: [ana.session.person] })
    await cleo.say(together, 'hello')
    await ana.thread(together, (it) => it.length === 1)
    await again(ana)
    await ana.state((it) => it.alarms.some((a) => a.kind === 'log' && a.code === 'two-logs'))
    await cleo.engine.stop()
  })
})
