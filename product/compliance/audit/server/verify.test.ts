import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VerificationReport } from '../rules.ts'
import { startState, verifyBlock, watchFor } from './block.ts'
import type { CheckpointRow, EntryRow, FactRow, LogBlock, PayloadRow, VerifyOptions, VerifyState } from './block.ts'
import { LEAF_VERSION, commit, decodeLeaf, encodeLeaf } from './leaf.ts'
import type { Leaf } from './leaf.ts'
import { COSIGNATURE, LOG_SIGNATURE, cosignatureLine, decodeSkey, encodeSkey, signCheckpoint, withSignatures } from './note.ts'
import type { NoteSigner } from './note.ts'
import { encodePayload } from './payload.ts'
import type { PayloadValue } from './payload.ts'
import { appendLeaves, completedAt, emptyFrontier, leafHash } from './tree.ts'
import type { TreeNode } from './tree.ts'
import { verifyLog } from './verify.ts'
import type { LogSource } from './verify.ts'

const organisation = '0192f3b4-0000-7000-8000-00000000000a'
const origin = `maple.example/audit/${organisation}`
const start = 1_790_000_000_000
const signer = (name: string, type: typeof LOG_SIGNATURE | typeof COSIGNATURE, seed: number): NoteSigner =>
  decodeSkey(encodeSkey(name, type, new Uint8Array(32).fill(seed)))
const log = signer(origin, LOG_SIGNATURE, 1)
const witness = signer('witness.example/ellis', COSIGNATURE, 2)
const options: VerifyOptions = {
  organisation,
  trust: { origin, logKeys: [log.key], witnesses: [witness.key], unknown: 'refuse' },
}

interface Log {
  readonly entries: EntryRow[]
  readonly nodes: TreeNode[]
  readonly payloads: PayloadRow[]
  readonly checkpoints: CheckpointRow[]
}

const nonceOf = (index: number) => createHash('sha256').update(`nonce ${index}`).digest()

const factOf = ({ kind, time, actor, device, commitment }: Leaf): FactRow => ({ kind, time, actor, device, commitment })

/** What the sequencer would store: leaves by `leafAt`, nodes as they complete, a witnessed checkpoint each 64 entries and at the end. */
const build = (count: number, leafAt: (leaf: Leaf) => Leaf = (leaf) => leaf, by: NoteSigner = log): Log => {
  const payloads: PayloadRow[] = []
  const entries = Array.from({ length: count }, (_, index): EntryRow => {
    const nonce = nonceOf(index)
    const payload = encodePayload({ subject: `patient ${index % 7}`, reason: 'treatment' })
    const fact = leafAt({
      version: LEAF_VERSION,
      organisation,
      index,
      kind: 'patients.texting.read',
      time: start + index * 1000,
      actor: `person ${index % 5}`,
      device: index % 3 === 0 ? '' : 'device 1',
      commitment: commit(nonce, payload),
    })
    const leaf = encodeLeaf(fact)
    payloads.push({ index, fact: factOf(fact), erased: false, nonce, payload })
    return { index, leaf, leafHash: leafHash(leaf) }
  })
  const nodes: TreeNode[] = []
  const checkpoints: CheckpointRow[] = []
  let frontier = emptyFrontier
  while (frontier.size < count) {
    const step = appendLeaves(
      frontier,
      entries.slice(frontier.size, frontier.size + 64).map((entry) => entry.leafHash),
    )
    frontier = step.frontier
    nodes.push(...step.nodes)
    const note = signCheckpoint({ origin, size: step.size, root: step.root, extensions: [] }, by)
    checkpoints.push({ size: step.size, note: withSignatures(note, cosignatureLine(note, witness, start / 1000 + step.size)) })
  }
  return { entries, nodes, payloads, checkpoints }
}

const batches = <Row>(rows: readonly Row[], length: number): Row[][] =>
  Array.from({ length: Math.ceil(rows.length / length) }, (_, i) => rows.slice(i * length, (i + 1) * length))

const source = (it: Log, length = 100): LogSource => ({
  entries: batches(it.entries, length),
  nodes: batches(it.nodes, length),
  payloads: batches(it.payloads, length),
  checkpoints: batches(it.checkpoints, length),
})

const verified = (it: Log, more: Partial<VerifyOptions> = {}): Promise<VerificationReport> => verifyLog(source(it), { ...options, ...more })
const firstBad = async (it: Log, more: Partial<VerifyOptions> = {}) => (await verified(it, more)).firstBad

const SIZE = 1000
const whole = build(SIZE)
const copy = (): Log => structuredClone(whole)

const dataKey = '0192f3b4-0000-4000-8000-0000000000dd'
const month = new Date(start).toISOString().slice(0, 7)
/** A log whose payloads at some places are erased, and whose entries at other places say of them what is given. */
const erasing = (
  places: readonly number[],
  at: number | readonly number[],
  said: PayloadValue = { bucket: 'team', month, dataKey, payloads: places.length },
): Log => {
  const entries = [at].flat()
  const payload = encodePayload(said)
  const log = build(SIZE, (leaf) =>
    entries.includes(leaf.index) ? { ...leaf, kind: 'content.erased', commitment: commit(nonceOf(leaf.index), payload) } : leaf,
  )
  for (const index of entries)
    log.payloads[index] = { index, fact: log.payloads[index]!.fact, erased: false, nonce: nonceOf(index), payload }
  for (const index of places) log.payloads[index] = { index, fact: log.payloads[index]!.fact, erased: true, dataKey }
  return log
}

describe('an untouched log', () => {
  test('is intact, in batches of any length, from arrays and from streams', async () => {
    const expected = {
      entries: 200,
      intact: true,
      firstBad: null,
      erased: 0,
      erasures: [],
      checkpoints: 4,
      signedSize: 200,
      witnessedSize: 200,
    }
    const small = build(200)
    const streamed = async function* <Row>(rows: readonly Row[], length: number) {
      yield* batches(rows, length)
    }
    const length = fc.integer({ min: 1, max: 250 })
    await fc.assert(
      fc.asyncProperty(length, length, length, length, async (a, b, c, d) => {
        const seen: number[] = []
        const report = await verifyLog(
          {
            entries: streamed(small.entries, a),
            nodes: batches(small.nodes, b),
            payloads: streamed(small.payloads, c),
            checkpoints: [[], ...batches(small.checkpoints, d), []],
          },
          options,
          (entries) => seen.push(entries),
        )
        expect(report).toEqual(expected)
        expect(seen).toEqual(batches(small.entries, a).map((_, i) => Math.min(200, (i + 1) * a)))
      }),
      { numRuns: 30 },
    )
  })

  test('without entries is intact, and says that nothing is signed', async () => {
    const report = await verified({ entries: [], nodes: [], payloads: [], checkpoints: [] })
    expect(report).toEqual({
      entries: 0,
      intact: true,
      firstBad: null,
      erased: 0,
      erasures: [],
      checkpoints: 0,
      signedSize: 0,
      witnessedSize: 0,
    })
  })

  test('of an installation names no organisation', async () => {
    const installation = build(10, (leaf) => ({ ...leaf, organisation: '' }))
    expect((await verified(installation, { organisation: '' })).intact).toBe(true)
    expect(await firstBad(installation)).toEqual({ index: 0, through: 0, what: 'leaf-place' })
  })

  test('with payloads erased stays intact where an entry covers exactly them, and says which', async () => {
    const erased = [0, 5, 998]
    expect(await verified(erasing(erased, 999))).toMatchObject({
      entries: SIZE,
      intact: true,
      firstBad: null,
      erased: 3,
      erasures: [{ index: 999, bucket: 'team', month, dataKey, payloads: 3 }],
    })
    // In batches, and twice said because a crash came between the entry and the erasure.
    const twice = erasing([3, 150], [160, 170])
    expect(await verifyLog(source(twice, 7), options)).toMatchObject({
      intact: true,
      erased: 2,
      erasures: [{ index: 160 }, { index: 170 }],
    })
  })
})

/** The state before each entry, and each entry's own block. */
const walk = () => {
  const watch = watchFor(options)
  let state = startState
  let nodeAt = 0
  return copy().entries.map((entry, index) => {
    const until = whole.nodes.findIndex((node) => completedAt(node) > index + 1)
    const nodes = whole.nodes.slice(nodeAt, until < 0 ? undefined : until).map((node) => ({ ...node, hash: Buffer.from(node.hash) }))
    nodeAt += nodes.length
    const block = {
      entries: [{ ...entry, leaf: Buffer.from(entry.leaf), leafHash: Buffer.from(entry.leafHash) }],
      nodes,
      payloads: [structuredClone(whole.payloads[index]!)],
      checkpoints: whole.checkpoints.filter(({ size }) => size === index + 1),
    } satisfies LogBlock
    const before = state
    const result = verifyBlock(before, block, watch)
    if (result.bad !== null) throw new Error(`entry ${index}: ${result.bad.what}`)
    state = result.state
    return { before, block, index }
  })
}

/** Some seconds of hashing, more on a busy machine. */
const LONG = { timeout: 120_000 }

describe('every byte of 1,000 entries, flipped alone, is found, and the entry is named', () => {
  const watch = watchFor(options)
  const steps = walk()

  const everyBit = [1, 2, 4, 8, 16, 32, 64, 128]

  /** Flips bits of each byte in turn, one at a time; counts how often the verifier names no range with this entry. */
  const missedBits = (
    bytes: Uint8Array,
    before: VerifyState,
    block: LogBlock,
    index: number,
    bitsOf = (_at: number) => everyBit,
  ): number => {
    let missed = 0
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of bitsOf(i)) {
        bytes[i]! ^= bit
        const { bad } = verifyBlock(before, block, watch)
        if (bad === null || bad.index > index || bad.through < index) missed++
        bytes[i]! ^= bit
      }
    }
    return missed
  }

  test('leaves and their stored hashes, each bit', LONG, () => {
    let [missed, bytes] = [0, 0]
    for (const { before, block, index } of steps) {
      const [entry] = block.entries
      missed += missedBits(entry!.leaf, before, block, index) + missedBits(entry!.leafHash, before, block, index)
      bytes += entry!.leaf.length + entry!.leafHash.length
    }
    expect(missed).toBe(0)
    expect(bytes).toBeGreaterThan(150_000)
  })

  test('tree nodes, each bit', LONG, () => {
    let [missed, nodes] = [0, 0]
    for (const { before, block, index } of steps) {
      for (const node of block.nodes) {
        missed += missedBits(node.hash, before, block, index)
        nodes++
      }
    }
    expect(missed).toBe(0)
    expect(nodes).toBe(whole.nodes.length)
  })

  test('payloads and nonces, each byte', LONG, () => {
    const oneBit = (at: number) => [1 << (at % 8)]
    let missed = 0
    for (const { before, block, index } of steps) {
      const [row] = block.payloads
      if (row?.erased !== false) throw new Error('payload')
      missed += missedBits(row.nonce, before, block, index, oneBit) + missedBits(row.payload, before, block, index, oneBit)
    }
    expect(missed).toBe(0)
  })

  test('checkpoints, each byte', LONG, () => {
    let [missed, bytes] = [0, 0]
    for (const { before, block, index } of steps) {
      for (const { size, note } of block.checkpoints) {
        const good = Buffer.from(note)
        for (let i = 0; i < good.length; i++, bytes++) {
          const changed = Buffer.from(good)
          changed[i]! ^= 1 << (i % 8)
          const { bad } = verifyBlock(before, { ...block, checkpoints: [{ size, note: changed.toString() }] }, watch)
          if (bad?.what !== 'checkpoint-refused' || bad.through !== index) missed++
        }
      }
    }
    expect(missed).toBe(0)
    expect(bytes).toBeGreaterThan(5_000)
  })

  test('and the numbers that the rows stand under', LONG, () => {
    const found = (before: VerifyState, block: LogBlock) => verifyBlock(before, block, watch).bad !== null
    for (const { before, block, index } of steps) {
      for (const other of [index ^ 1, index + 2, -1, NaN, 2 ** 40]) {
        expect(found(before, { ...block, entries: block.entries.map((row) => ({ ...row, index: other })) })).toBe(true)
        expect(found(before, { ...block, payloads: block.payloads.map((row) => ({ ...row, index: other })) })).toBe(true)
        if (block.nodes.length > 0) {
          expect(found(before, { ...block, nodes: block.nodes.map((row, i) => (i > 0 ? row : { ...row, index: other + 2000 })) })).toBe(
            true,
          )
          expect(found(before, { ...block, nodes: block.nodes.map((row, i) => (i > 0 ? row : { ...row, level: row.level + 1 })) })).toBe(
            true,
          )
        }
        if (block.checkpoints.length > 0) {
          expect(found(before, { ...block, checkpoints: block.checkpoints.map((row) => ({ ...row, size: other })) })).toBe(true)
        }
      }
    }
  })

  test('in the whole log too, read from its streams', LONG, async () => {
    const [entry, node, payload, checkpoint] = ['entries', 'nodes', 'payloads', 'checkpoints'] as const
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(entry, node, payload, checkpoint), fc.nat(), fc.nat(), async (kind, pick, byte) => {
        const log: Log = { ...whole, entries: [...whole.entries], nodes: [...whole.nodes], payloads: [...whole.payloads] }
        const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (it, i) => (i === byte % bytes.length ? it ^ 1 : it))
        const row = pick % log[kind].length
        let index = row
        if (kind === 'entries') log.entries[row] = { ...log.entries[row]!, leaf: flip(log.entries[row]!.leaf) }
        if (kind === 'nodes') {
          log.nodes[row] = { ...log.nodes[row]!, hash: flip(log.nodes[row]!.hash) }
          index = completedAt(log.nodes[row]!) - 1
        }
        if (kind === 'payloads')
          log.payloads[row] = { ...log.payloads[row]!, erased: false, nonce: flip(nonceOf(row)), payload: Buffer.of() }
        const checkpoints = log.checkpoints.map((it, i) => {
          if (kind !== 'checkpoints' || i !== row) return it
          index = it.size - 1
          return { ...it, note: Buffer.from(flip(Buffer.from(it.note))).toString() }
        })
        const report = await verified({ ...log, checkpoints })
        expect(report.intact).toBe(false)
        expect(report.firstBad!.index).toBeLessThanOrEqual(index)
        expect(report.firstBad!.through).toBeGreaterThanOrEqual(index)
        expect(report.entries).toBeGreaterThanOrEqual(kind === 'entries' || kind === 'payloads' ? index : 0)
      }),
      { numRuns: 60 },
    )
  })
})

const reLeaf = (row: EntryRow, change: Partial<Leaf>): EntryRow => {
  const leaf = encodeLeaf({ ...decodeLeaf(row.leaf), ...change })
  return { ...row, leaf, leafHash: leafHash(leaf) }
}

describe('what an administrator with SQL could do', () => {
  test.each([0, 1, 63, 64, 500, 998])('drop entry %i, with or without renumbering the rest', async (index) => {
    const dropped = copy()
    dropped.entries.splice(index, 1)
    expect(await firstBad(dropped)).toEqual({ index, through: index, what: 'missing' })
    dropped.payloads.splice(index, 1)
    const renumbered = <Row extends { index: number }>(rows: Row[]) => rows.map((row, i) => ({ ...row, index: i }))
    const closed = { ...dropped, entries: renumbered(dropped.entries), payloads: renumbered(dropped.payloads) }
    expect(await firstBad(closed)).toEqual({ index, through: index, what: 'leaf-place' })
  })

  test('swap two entries: rows, leaves, or leaves rewritten for their new places', async () => {
    const [a, b] = [301, 640]
    const rows = copy()
    ;[rows.entries[a], rows.entries[b]] = [rows.entries[b]!, rows.entries[a]!]
    expect(await firstBad(rows)).toEqual({ index: a, through: b - 1, what: 'missing' })
    const leaves = copy()
    leaves.entries[a] = { ...whole.entries[b]!, index: a }
    leaves.entries[b] = { ...whole.entries[a]!, index: b }
    expect(await firstBad(leaves)).toEqual({ index: a, through: a, what: 'leaf-place' })
    const rewritten = copy()
    rewritten.entries[a] = reLeaf(leaves.entries[a]!, { index: a })
    rewritten.entries[b] = reLeaf(leaves.entries[b]!, { index: b })
    rewritten.payloads[a] = { ...whole.payloads[b]!, index: a }
    rewritten.payloads[b] = { ...whole.payloads[a]!, index: b }
    expect(await firstBad(rewritten)).toEqual({ index: 300, through: 301, what: 'node-wrong' })
  })

  test('repeat an entry', async () => {
    const log = copy()
    log.entries.splice(10, 0, log.entries[9]!)
    expect(await firstBad(log)).toEqual({ index: 10, through: 10, what: 'misplaced' })
  })

  test('back-date an entry: its leaf, its leaf and hash, the whole tree above it', async () => {
    const earlier = { time: start - 1 }
    const leafOnly = copy()
    leafOnly.entries[77] = { ...leafOnly.entries[77]!, leaf: reLeaf(leafOnly.entries[77]!, earlier).leaf }
    expect(await firstBad(leafOnly)).toEqual({ index: 77, through: 77, what: 'leaf-hash' })
    const withHash = copy()
    withHash.entries[77] = reLeaf(withHash.entries[77]!, earlier)
    expect(await firstBad(withHash)).toEqual({ index: 77, through: 77, what: 'fact-changed' })
    withHash.payloads[77] = { ...withHash.payloads[77]!, fact: { ...withHash.payloads[77]!.fact!, ...earlier } }
    expect(await firstBad(withHash)).toEqual({ index: 76, through: 77, what: 'node-wrong' })
    const forged = build(SIZE, (leaf) => (leaf.index === 77 ? { ...leaf, ...earlier } : leaf))
    expect(await firstBad({ ...forged, checkpoints: whole.checkpoints })).toEqual({ index: 64, through: 127, what: 'checkpoint-root' })
  })

  test('write an entry of last week at the end: a witness saw the log without it since', async () => {
    const late = (ms: number) => build(130, (leaf) => (leaf.index === 129 ? { ...leaf, time: start - ms } : leaf))
    expect(await firstBad(late(7 * 86_400_000))).toEqual({ index: 129, through: 129, what: 'back-dated' })
    // A fact that was committed an hour before it could be numbered is no forgery.
    expect(await firstBad(late(3_600_000))).toBeNull()
    expect(await firstBad(late(3_600_000), { lateMs: 60_000 })).toEqual({ index: 129, through: 129, what: 'back-dated' })
  })

  test('cut the log: a checkpoint needs what is gone; all cut with it, one kept outside does', async () => {
    const cut = { ...whole, entries: whole.entries.slice(0, 700) }
    expect(await firstBad(cut)).toEqual({ index: 700, through: 703, what: 'missing' })
    const clean = build(128)
    expect((await verified(clean)).intact).toBe(true)
    expect(await firstBad(clean, { kept: [whole.checkpoints[3]!.note] })).toEqual({ index: 128, through: 255, what: 'missing' })
    const checkpointLeft = { ...clean, checkpoints: whole.checkpoints.slice(0, 4) }
    expect(await firstBad(checkpointLeft)).toEqual({ index: 128, through: 191, what: 'missing' })
    const nodesLeft = { ...clean, nodes: build(130).nodes }
    expect(await firstBad(nodesLeft)).toEqual({ index: 128, through: 129, what: 'missing' })
    const payloadLeft = {
      ...clean,
      payloads: [...clean.payloads, { index: 128, fact: whole.payloads[128]!.fact, erased: true, dataKey } as const],
    }
    expect(await firstBad(payloadLeft)).toEqual({ index: 128, through: 128, what: 'missing' })
  })

  test('drop, double or invent tree nodes', async () => {
    const dropped = copy()
    const [node] = dropped.nodes.splice(40, 1)
    expect(await firstBad(dropped)).toMatchObject({ index: node!.index * 2 ** node!.level, what: 'node-missing' })
    const doubled = copy()
    doubled.nodes.splice(40, 0, doubled.nodes[40]!)
    expect(await firstBad(doubled)).toMatchObject({ what: 'node-extra' })
    const leaf = copy()
    leaf.nodes.splice(0, 0, { level: 0, index: 0, hash: leaf.entries[0]!.leafHash })
    expect(await firstBad(leaf)).toMatchObject({ what: 'node-extra' })
    const last = copy()
    last.nodes.push({ level: 0, index: 999, hash: last.entries[0]!.leafHash })
    expect(await firstBad(last)).toMatchObject({ index: 999, what: 'node-extra' })
  })

  test('change what a screen shows of an entry, or let it name another fact so that it looks erased', async () => {
    const good = whole.payloads[12]!.fact!
    const changes: (FactRow | null)[] = [
      { ...good, kind: 'patients.texting.sent' },
      { ...good, time: good.time - 1 },
      { ...good, actor: 'person 1' },
      { ...good, device: '' },
      { ...good, device: 'device 2' },
      { ...good, commitment: Uint8Array.from(good.commitment, (byte, i) => (i === 31 ? byte ^ 1 : byte)) },
      null,
    ]
    for (const fact of changes.filter((it) => JSON.stringify(it) !== JSON.stringify(good))) {
      const log = copy()
      log.payloads[12] = { index: 12, fact, erased: true, dataKey }
      expect(await firstBad(log)).toEqual({ index: 12, through: 12, what: 'fact-changed' })
    }
  })

  test('erase a payload that no entry covers', async () => {
    const bare = { index: 0, bucket: 'team', month, dataKey, payloads: 2 }
    const missing = (first: number, last: number) => ({ index: first, through: last, what: 'payload-missing' })
    expect(await firstBad(erasing([5, 40], []))).toEqual(missing(5, 40))
    for (const said of [
      { ...bare, payloads: 1 },
      { ...bare, payloads: 3 },
      { ...bare, month: '2026-10' },
      { ...bare, dataKey: organisation },
      { ...bare, bucket: 'access' },
    ])
      expect(await firstBad(erasing([5, 40], 999, said))).toEqual(missing(5, 40))
    // The entry that covers them was erased itself.
    expect(await firstBad(erasing([5, 999], 999, bare))).toEqual(missing(5, 999))
    const unknown = copy()
    unknown.payloads[5] = { index: 5, fact: whole.payloads[5]!.fact, erased: true, dataKey: null }
    expect(await firstBad(unknown)).toEqual(missing(5, 5))
  })

  test('drop a payload without the mark, or exchange two', async () => {
    const dropped = copy()
    dropped.payloads.splice(12, 1)
    expect(await firstBad(dropped)).toEqual({ index: 12, through: 12, what: 'payload-missing' })
    const last = copy()
    last.payloads.pop()
    expect(await firstBad(last)).toEqual({ index: 999, through: 999, what: 'payload-missing' })
    const exchanged = copy()
    exchanged.payloads[12] = { ...whole.payloads[13]!, index: 12 }
    expect(await firstBad(exchanged)).toEqual({ index: 12, through: 12, what: 'fact-changed' })
    exchanged.payloads[12] = { ...exchanged.payloads[12]!, fact: whole.payloads[12]!.fact }
    expect(await firstBad(exchanged)).toEqual({ index: 12, through: 12, what: 'payload-changed' })
    const doubled = copy()
    doubled.payloads.splice(12, 0, doubled.payloads[12]!)
    expect(await firstBad(doubled)).toEqual({ index: 13, through: 13, what: 'payload-extra' })
    const lastDoubled = copy()
    lastDoubled.payloads.push(lastDoubled.payloads[999]!)
    expect(await firstBad(lastDoubled)).toEqual({ index: 999, through: 999, what: 'payload-extra' })
    const short = copy()
    short.payloads[12] = { ...whole.payloads[12]!, erased: false, nonce: nonceOf(12).subarray(1), payload: Buffer.of() }
    expect(await firstBad(short)).toEqual({ index: 12, through: 12, what: 'payload-changed' })
  })

  test('rewrite history and drop the checkpoints: old entries without one are named', async () => {
    const forged = build(SIZE, (leaf) => (leaf.index === 3 ? { ...leaf, actor: 'nobody' } : leaf))
    const unsigned = { ...forged, checkpoints: [] }
    expect(await verified(unsigned)).toMatchObject({ intact: true, signedSize: 0, witnessedSize: 0 })
    expect(await firstBad(unsigned, { signedBefore: start + 500_000 })).toEqual({ index: 0, through: 999, what: 'unsigned' })
    const tail = { ...whole, checkpoints: whole.checkpoints.slice(0, -1) }
    expect(await firstBad(tail, { signedBefore: start + 960_000 })).toBeNull()
    expect(await firstBad(tail, { signedBefore: start + 960_001 })).toEqual({ index: 960, through: 999, what: 'unsigned' })
  })

  test('rewrite history and sign it again with the stolen log key: a kept checkpoint shows the fork', async () => {
    const forged = build(SIZE, (leaf) => (leaf.index === 70 ? { ...leaf, actor: 'nobody' } : leaf))
    expect((await verified(forged)).intact).toBe(true)
    const kept = [whole.checkpoints[6]!.note, whole.checkpoints[0]!.note, whole.checkpoints[1]!.note]
    expect((await verified(whole, { kept })).intact).toBe(true)
    expect(await firstBad(forged, { kept })).toMatchObject({ through: 127, what: 'fork' })
  })

  test('put in a checkpoint of another key, another log, another size or out of order', async () => {
    const stranger = build(SIZE, undefined, signer(origin, LOG_SIGNATURE, 9))
    expect(await firstBad(stranger)).toEqual({ index: 0, through: 63, what: 'checkpoint-refused' })
    const stray = { ...whole, checkpoints: whole.checkpoints.with(2, { size: 192, note: whole.checkpoints[3]!.note }) }
    expect(await firstBad(stray)).toEqual({ index: 128, through: 191, what: 'checkpoint-refused' })
    const turned = { ...whole, checkpoints: [whole.checkpoints[1]!, whole.checkpoints[0]!, ...whole.checkpoints.slice(2)] }
    expect((await verified(turned)).intact).toBe(false)
    const beyond = { ...whole, checkpoints: [...whole.checkpoints, { size: 2000, note: whole.checkpoints[0]!.note }] }
    expect(await firstBad(beyond)).toMatchObject({ what: 'checkpoint-refused' })
  })

  test('store a leaf that is hashed and signed but not canonical', async () => {
    const entry = whole.entries[0]!
    const leaf = Buffer.concat([entry.leaf, Buffer.of(0)])
    const log = { ...build(1), entries: [{ index: 0, leaf, leafHash: leafHash(leaf) }] }
    expect(await firstBad(log)).toEqual({ index: 0, through: 0, what: 'leaf-malformed' })
  })
})

describe('the verifier', () => {
  test('leaves its state unchanged and stops at the first flaw with what was good before it', async () => {
    const watch = watchFor(options)
    const { entries, nodes, payloads, checkpoints } = build(64)
    const block = { entries, nodes, payloads, checkpoints }
    const frozen = structuredClone(startState)
    expect(verifyBlock(startState, block, watch)).toEqual(verifyBlock(startState, block, watch))
    expect(startState).toEqual(frozen)
    const log = copy()
    log.payloads[5] = { index: 5, fact: whole.payloads[5]!.fact, erased: true, dataKey }
    log.entries[700] = { ...log.entries[700]!, leafHash: new Uint8Array(32) }
    expect(await verified(log)).toEqual({
      entries: 700,
      intact: false,
      firstBad: { index: 700, through: 700, what: 'leaf-hash' },
      erased: 1,
      erasures: [],
      checkpoints: 10,
      signedSize: 640,
      witnessedSize: 640,
    })
  })

  test('closes every stream, after good logs, bad logs and broken streams', async () => {
    const open = new Set<string>()
    const watched = async function* <Row>(name: string, rows: readonly Row[], fails = false) {
      open.add(name)
      try {
        for (const batch of batches(rows, 10)) {
          yield batch
          if (fails) throw new Error('connection lost')
        }
      } finally {
        open.delete(name)
      }
    }
    const run = (it: Log, fails = false) =>
      verifyLog(
        {
          entries: watched('entries', it.entries),
          nodes: watched('nodes', it.nodes),
          payloads: watched('payloads', it.payloads, fails),
          checkpoints: watched('checkpoints', it.checkpoints),
        },
        options,
      )
    expect((await run(whole)).intact).toBe(true)
    expect(open.size).toBe(0)
    const bad = copy()
    bad.entries.splice(3, 1)
    expect((await run(bad)).intact).toBe(false)
    expect(open.size).toBe(0)
    await expect(run(whole, true)).rejects.toThrow('connection lost')
    expect(open.size).toBe(0)
  })

  test('does not hold a note that no trusted key signed against the log', async () => {
    const stranger = signCheckpoint({ origin, size: 1, root: new Uint8Array(32), extensions: [] }, signer(origin, LOG_SIGNATURE, 9))
    await expect(verified(whole, { kept: [stranger] })).rejects.toThrow(expect.objectContaining({ code: 'unsigned' }))
  })
})
