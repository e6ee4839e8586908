import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  TreeError,
  appendLeaves,
  completedAt,
  consistencyPlan,
  emptyFrontier,
  emptyRoot,
  frontierPlaces,
  inclusionPlan,
  leafHash,
  nodeHash,
  proofFrom,
  rootFrom,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts'
import type { NodePlace } from './tree.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const leaves = (count: number) => Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`entry ${i}`)))

const SIZES = 130
const all = leaves(SIZES)
const grown = appendLeaves(emptyFrontier, all)
const stored = new Map<string, Uint8Array>([
  ...all.map((hash, index) => [`0 ${index}`, hash] as const),
  ...grown.nodes.map(({ level, index, hash }) => [`${level} ${index}`, hash] as const),
])
const hashAt = ({ level, index }: NodePlace) => stored.get(`${level} ${index}`)
const roots = Array.from({ length: SIZES + 1 }, (_, size) => rootOf(all.slice(0, size)))
const inclusion = (index: number, size: number) => proofFrom(inclusionPlan(index, size), hashAt)
const consistency = (first: number, second: number) => proofFrom(consistencyPlan(first, second), hashAt)
const flipped = (bytes: Uint8Array, bit: number) => Uint8Array.from(bytes, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

describe('hashing', () => {
  test('leaves and nodes are in different domains, as RFC 9162 says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        expect(hex(leafHash(bytes))).toBe(hex(sha256(Buffer.of(0), bytes)))
      }),
    )
    expect(hex(nodeHash(all[0]!, all[1]!))).toBe(hex(sha256(Buffer.of(1), all[0]!, all[1]!)))
    expect(hex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  test('the tree of eight known leaves has the root that certificate transparency logs give it', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const root = rootOf(inputs.map((input) => leafHash(Buffer.from(input, 'hex'))))
    expect(hex(root)).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
  })
})

describe('appending', () => {
  test('in any batches gives the root, the frontier and the nodes of the whole list', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 17 }), { maxLength: 14 }), (batches) => {
        let frontier = emptyFrontier
        const nodes = []
        for (const count of batches) {
          const before = frontier.hashes.map(hex)
          const step = appendLeaves(frontier, all.slice(frontier.size, frontier.size + count))
          expect(frontier.hashes.map(hex)).toEqual(before)
          expect(hex(step.root)).toBe(hex(roots[step.size]!))
          expect(hex(rootFrom(step.frontier))).toBe(hex(step.root))
          frontier = step.frontier
          nodes.push(...step.nodes)
        }
        const size = Math.min(frontier.size, SIZES)
        expect(frontierPlaces(size).map((place) => hex(hashAt(place)!))).toEqual(frontier.hashes.map(hex))
        expect(nodes).toEqual(grown.nodes.filter((node) => completedAt(node) <= size))
      }),
    )
  })

  test('gives each completed node once, in the order of completion, with the hash of its leaves', () => {
    const order = grown.nodes.map((node) => completedAt(node) * 64 + node.level)
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(new Set(order).size).toBe(order.length)
    for (const { level, index, hash } of grown.nodes) {
      expect(hex(hash)).toBe(hex(rootOf(all.slice(index * 2 ** level, (index + 1) * 2 ** level))))
    }
  })

  test('refuses a frontier that is none, a size that is none and hashes of another length', () => {
    const [one, two] = all
    expect(() => appendLeaves({ size: 2, hashes: [one!, two!] }, [])).toThrow(TreeError)
    expect(() => rootFrom({ size: 3, hashes: [one!] })).toThrow('frontier')
    expect(() => rootFrom({ size: 1.5, hashes: [one!] })).toThrow('size')
    expect(() => rootFrom({ size: 1, hashes: [new Uint8Array(31)] })).toThrow('hash-length')
    expect(() => appendLeaves(emptyFrontier, [new Uint8Array(33)])).toThrow('hash-length')
    expect(() => appendLeaves({ size: Number.MAX_SAFE_INTEGER, hashes: Array.from({ length: 53 }, () => one!) }, [two!])).toThrow('size')
    expect(() => nodeHash(one!.subarray(1), Buffer.concat([two!, Buffer.of(0)]))).toThrow('hash-length')
    expect(() => inclusionPlan(3, 3)).toThrow('size')
    expect(() => consistencyPlan(4, 3)).toThrow('size')
    expect(() => proofFrom(inclusionPlan(0, 2), () => undefined)).toThrow('node-missing')
  })

  test('works above 2^32 leaves, where bit operators would not', () => {
    const size = 2 ** 40 + 3
    const frontier = { size, hashes: all.slice(0, 3) }
    const step = appendLeaves(frontier, [all[3]!])
    expect(step.nodes.map(({ level, index }) => [level, index])).toEqual([
      [1, 2 ** 39 + 1],
      [2, 2 ** 38],
    ])
    expect(frontierPlaces(size)).toEqual([
      { level: 40, index: 0 },
      { level: 1, index: 2 ** 39 },
      { level: 0, index: 2 ** 40 + 2 },
    ])
    const right = nodeHash(all[1]!, all[2]!)
    expect(verifyInclusion(2 ** 40 + 2, size, all[2]!, [all[1]!, all[0]!], nodeHash(all[0]!, right))).toBe(true)
  })
})

/** Some thousand proofs, more time on a busy machine. */
const LONG = { timeout: 60_000 }

describe('proofs', () => {
  test('every leaf of every size is proven, with as many hashes as RFC 9162 takes', LONG, () => {
    for (let size = 1; size <= SIZES; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusion(index, size)
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)))
        if (!verifyInclusion(index, size, all[index]!, proof, roots[size]!)) expect.fail(`leaf ${index} of ${size}`)
        if (size > 1 && verifyInclusion((index + 1) % size, size, all[index]!, proof, roots[size]!))
          expect.fail(`place ${index} of ${size}`)
      }
    }
  })

  test('every size is proven to be the beginning of every later size', LONG, () => {
    for (let second = 0; second <= SIZES; second++) {
      for (let first = 0; first <= second; first++) {
        const proof = consistency(first, second)
        if (!verifyConsistency(first, second, roots[first]!, roots[second]!, proof)) expect.fail(`${first} in ${second}`)
        if (first < second && verifyConsistency(first, second, roots[second]!, roots[second]!, proof))
          expect.fail(`${first} in ${second}, root`)
      }
    }
  })

  test('a proof with any one bit, hash or number changed is refused', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: SIZES }).chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 0, max: size - 1 }))),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.constantFrom('flip', 'drop', 'double', 'swap', 'add', 'short') as fc.Arbitrary<string>,
        ([size, index], pick, bit, kind) => {
          const mutate = (proof: readonly Uint8Array[]): readonly Uint8Array[] | null => {
            const i = proof.length === 0 ? 0 : pick % proof.length
            const it = proof[i]
            if (kind === 'add') return [...proof, all[pick % SIZES]!]
            if (it === undefined) return null
            if (kind === 'flip') return proof.with(i, flipped(it, bit))
            if (kind === 'drop') return proof.toSpliced(i, 1)
            if (kind === 'double') return proof.toSpliced(i, 0, it)
            if (kind === 'short') return proof.with(i, it.subarray(1))
            return proof.length < 2 ? null : [...proof.slice(1), proof[0]!]
          }
          const included = mutate(inclusion(index, size))
          if (included !== null) expect(verifyInclusion(index, size, all[index]!, included, roots[size]!)).toBe(false)
          const consistent = mutate(consistency(index, size))
          if (consistent !== null) expect(verifyConsistency(index, size, roots[index]!, roots[size]!, consistent)).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('an inner node is not taken for a leaf, nor a part of the tree for the whole, with a proof cut or lengthened to fit', () => {
    const [a, b, c, d] = all
    const [ab, cd] = [nodeHash(a!, b!), nodeHash(c!, d!)]
    expect(verifyInclusion(0, 2, roots[2]!, [], roots[2]!)).toBe(false)
    expect(verifyInclusion(0, 4, ab, [cd], roots[4]!)).toBe(false)
    expect(verifyInclusion(0, 1, b!, [a!], ab)).toBe(false)
    expect(verifyInclusion(1, 1, a!, [], a!)).toBe(false)
    expect(verifyConsistency(3, 8, roots[3]!, roots[4]!, consistency(3, 4))).toBe(false)
    expect(verifyConsistency(3, 4, nodeHash(a!, roots[3]!), nodeHash(a!, roots[4]!), [...consistency(3, 4), a!])).toBe(false)
    expect(verifyConsistency(4, 4, roots[4]!, roots[4]!, [a!])).toBe(false)
    expect(verifyConsistency(4, 8, roots[4]!, roots[4]!, [])).toBe(false)
    expect(verifyConsistency(3, 8, roots[3]!, roots[3]!, [])).toBe(false)
  })

  test('numbers that are no sizes are refused, not thrown at', () => {
    const [leaf] = all
    for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(verifyInclusion(bad, 1, leaf!, [], leaf!)).toBe(false)
      expect(verifyInclusion(0, bad, leaf!, [], leaf!)).toBe(false)
      expect(verifyConsistency(bad, 1, leaf!, leaf!, [])).toBe(false)
      expect(verifyConsistency(1, bad, leaf!, leaf!, [])).toBe(false)
    }
    expect(verifyInclusion(0, 1, leaf!.subarray(1), [], leaf!.subarray(1))).toBe(false)
    expect(verifyConsistency(0, 0, leaf!, leaf!, [])).toBe(false)
    expect(verifyConsistency(0, 1, leaf!, leaf!, [])).toBe(false)
  })
})

const vectors = path.join(process.env['WARDLINE_VECTORS'] ?? path.join(import.meta.dirname, '../../../../../shared/data'), 'merkle-rfc6962')

interface Vector {
  readonly desc: string
  readonly wantErr: boolean
  readonly proof: readonly string[] | null
  readonly leafIdx?: number
  readonly treeSize?: number
  readonly leafHash?: string
  readonly root?: string
  readonly size1?: number
  readonly size2?: number
  readonly root1?: string
  readonly root2?: string
}

const cases = existsSync(vectors)
  ? readdirSync(vectors, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.json'))
      .map((file) => [file, JSON.parse(readFileSync(path.join(vectors, file), 'utf8')) as Vector] as const)
  : []

describe.skipIf(cases.length === 0)('the vectors of transparency-dev/merkle (skipped without WARDLINE_VECTORS)', () => {
  const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64')

  test('are all here', () => expect(cases.length).toBe(92))

  test.each(cases)('%s', (_file, it) => {
    const proof = (it.proof ?? []).map(bytes)
    const verified =
      it.treeSize === undefined
        ? verifyConsistency(it.size1!, it.size2!, bytes(it.root1), bytes(it.root2), proof)
        : verifyInclusion(it.leafIdx!, it.treeSize, bytes(it.leafHash), proof, bytes(it.root))
    expect(verified).toBe(!it.wantErr)
  })
})
