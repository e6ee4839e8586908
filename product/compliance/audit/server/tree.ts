import { hash } from 'node:crypto'

/** Bytes of a tree hash (SHA-256). */
export const HASH_BYTES = 32

/** Place of a node: level 0 are leaf hashes; node (level, index) covers leaves index * 2^level up to (index + 1) * 2^level - 1. */
export interface NodePlace {
  readonly level: number
  readonly index: number
}

/** A perfect subtree's hash at its place. Once complete it never changes. */
export interface TreeNode extends NodePlace {
  readonly hash: Uint8Array
}

/** A tree of `size` leaves as the hashes of its perfect subtrees, largest first: one for each 1 bit of the size. */
export interface Frontier {
  readonly size: number
  readonly hashes: readonly Uint8Array[]
}

/** Why a tree function refused its input. */
export type TreeFault = 'size' | 'hash-length' | 'frontier' | 'node-missing'

/** Thrown on input that no correct caller gives; never on a proof that does not verify. */
export class TreeError extends Error {
  readonly code: TreeFault
  constructor(code: TreeFault) {
    super(`merkle tree: ${code}`)
    this.code = code
  }
}

/** SHA-256 as bytes. node hands out a string four times faster than a buffer of its own, and the verifier does four hashes for each entry. */
export const sha256 = (bytes: Uint8Array): Uint8Array => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')

// Hashing is synchronous, so one scratch buffer per kind saves an allocation per hash.
const nodeScratch = Buffer.alloc(1 + 2 * HASH_BYTES)
nodeScratch[0] = 1
const leafScratch = Buffer.alloc(2048)

/** Leaf hash, RFC 9162 2.1.1: SHA-256(0x00 ‖ leaf). */
export const leafHash = (leaf: Uint8Array): Uint8Array => {
  const input = leaf.length < leafScratch.length ? leafScratch.subarray(0, leaf.length + 1) : Buffer.alloc(leaf.length + 1)
  input.set(leaf, 1)
  return sha256(input)
}

/** Interior node, RFC 9162 2.1.1: SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new TreeError('hash-length')
  nodeScratch.set(left, 1)
  nodeScratch.set(right, 1 + HASH_BYTES)
  return sha256(nodeScratch)
}

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Uint8Array => sha256(new Uint8Array(0))

/** Whether two byte strings are the same. Everything compared here is public, so time does not matter. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0
const odd = (n: number): boolean => n % 2 === 1
const half = (n: number): number => Math.floor(n / 2)

const ones = (n: number): number => {
  let count = 0
  for (let rest = n; rest > 0; rest = half(rest)) if (odd(rest)) count++
  return count
}

/** Largest power of two strictly below n (n > 1): where RFC 9162 splits a tree. */
const splitOf = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Root of a list of leaf hashes, as RFC 9162 2.1.1 defines it. For long lists use {@link appendLeaves}. */
export const rootOf = (leaves: readonly Uint8Array[]): Uint8Array => {
  const [only] = leaves
  if (only === undefined) return emptyRoot()
  if (leaves.length === 1) return only
  const k = splitOf(leaves.length)
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)))
}

/** The tree without leaves. */
export const emptyFrontier: Frontier = { size: 0, hashes: [] }

const checked = (frontier: Frontier): Frontier => {
  if (!isSize(frontier.size)) throw new TreeError('size')
  if (frontier.hashes.length !== ones(frontier.size)) throw new TreeError('frontier')
  if (frontier.hashes.some((each) => each.length !== HASH_BYTES)) throw new TreeError('hash-length')
  return frontier
}

/** Hash of consecutive perfect subtrees, largest first, as one tree. */
const fold = (hashes: readonly Uint8Array[]): Uint8Array => hashes.reduceRight((right, left) => nodeHash(left, right))

/** Root of the tree that a frontier stands for. */
export const rootFrom = (frontier: Frontier): Uint8Array => {
  const { hashes } = checked(frontier)
  return hashes.length === 0 ? emptyRoot() : fold(hashes)
}

/** What {@link appendLeaves} gives back: the new frontier, and every node of level 1 and above that became complete. */
export interface Appended {
  readonly frontier: Frontier
  /** In the order in which they became complete: by {@link completedAt}, then level. Level 0 is the leaf hashes themselves. */
  readonly nodes: readonly TreeNode[]
  readonly root: Uint8Array
  readonly size: number
}

/** Appends one leaf hash to a frontier's hashes **in place** and gives the nodes that it completes, lowest first. */
export const carryLeaf = (hashes: Uint8Array[], size: number, leaf: Uint8Array): readonly TreeNode[] => {
  if (leaf.length !== HASH_BYTES) throw new TreeError('hash-length')
  const nodes: TreeNode[] = []
  let carried = leaf
  let index = size
  for (let level = 1; odd(index); level++) {
    const left = hashes.pop()
    if (left === undefined) throw new TreeError('frontier')
    carried = nodeHash(left, carried)
    index = half(index)
    nodes.push({ level, index, hash: carried })
  }
  hashes.push(carried)
  return nodes
}

/** Appends leaf hashes, in order. The frontier given is not changed. */
export const appendLeaves = (frontier: Frontier, leafHashes: readonly Uint8Array[]): Appended => {
  const hashes = [...checked(frontier).hashes]
  const size = frontier.size + leafHashes.length
  if (!isSize(size)) throw new TreeError('size')
  const nodes = leafHashes.flatMap((leaf, i) => carryLeaf(hashes, frontier.size + i, leaf))
  const grown = { size, hashes }
  return { frontier: grown, nodes, root: rootFrom(grown), size }
}

/** Size of the tree at which a node is complete. Nodes sorted by (this, level) are in the order of {@link appendLeaves}. */
export const completedAt = ({ level, index }: NodePlace): number => (index + 1) * 2 ** level

/** The perfect subtrees that make up leaves [from, to), largest first; `from` must be where RFC 9162 would split. */
const perfectNodes = (from: number, to: number): NodePlace[] => {
  const places: NodePlace[] = []
  for (let start = from; start < to;) {
    let level = 0
    while (start % 2 ** (level + 1) === 0 && start + 2 ** (level + 1) <= to) level++
    places.push({ level, index: start / 2 ** level })
    start += 2 ** level
  }
  return places
}

/** The stored nodes whose hashes are the frontier of a tree of this size, in its order. */
export const frontierPlaces = (size: number): readonly NodePlace[] => {
  if (!isSize(size)) throw new TreeError('size')
  return perfectNodes(0, size)
}

/** A proof before its nodes are fetched: each element is the hash over these consecutive stored nodes. */
export type ProofPlan = readonly (readonly NodePlace[])[]

/** Which stored nodes prove that leaf `index` is in the tree of `size` leaves (RFC 9162 2.1.3.1). */
export const inclusionPlan = (index: number, size: number): ProofPlan => {
  if (!isSize(index) || !isSize(size) || index >= size) throw new TreeError('size')
  const plan: NodePlace[][] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      plan.push(perfectNodes(middle, to))
      to = middle
    } else {
      plan.push(perfectNodes(from, middle))
      from = middle
    }
  }
  return plan.reverse()
}

/** Which stored nodes prove that the tree of `first` leaves is the beginning of the tree of `second` leaves (RFC 9162 2.1.4.1). */
export const consistencyPlan = (first: number, second: number): ProofPlan => {
  if (!isSize(first) || !isSize(second) || first > second) throw new TreeError('size')
  const plan: NodePlace[][] = []
  if (first === 0) return plan
  let from = 0
  let to = second
  while (to !== first) {
    const middle = from + splitOf(to - from)
    if (first <= middle) {
      plan.push(perfectNodes(middle, to))
      to = middle
    } else {
      plan.push(perfectNodes(from, middle))
      from = middle
    }
  }
  // A first tree that is one perfect subtree is known to the verifier by its root.
  if (from !== 0) plan.push(perfectNodes(from, to))
  return plan.reverse()
}

/** The proof of a plan, given the hashes of its nodes; `hashAt` gives undefined for a node it does not have. */
export const proofFrom = (plan: ProofPlan, hashAt: (place: NodePlace) => Uint8Array | undefined): readonly Uint8Array[] =>
  plan.map((places) =>
    fold(
      places.map((place) => {
        const found = hashAt(place)
        if (found === undefined) throw new TreeError('node-missing')
        return found
      }),
    ),
  )

const areHashes = (...all: readonly Uint8Array[]): boolean => all.every((each) => each instanceof Uint8Array && each.length === HASH_BYTES)

/** Verifies an inclusion proof (RFC 9162 2.1.3.2): exactly the needed hashes, nothing more. Never throws. */
export const verifyInclusion = (index: number, size: number, leaf: Uint8Array, proof: readonly Uint8Array[], root: Uint8Array): boolean => {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes(leaf, root, ...proof)) return false
  let fn = index
  let sn = size - 1
  let seen = leaf
  for (const sibling of proof) {
    if (sn === 0) return false
    if (odd(fn) || fn === sn) {
      seen = nodeHash(sibling, seen)
      while (!odd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      seen = nodeHash(seen, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && sameBytes(seen, root)
}

/** Verifies a consistency proof (RFC 9162 2.1.4.2). Equal sizes and an empty first tree take an empty proof. Never throws. */
export const verifyConsistency = (
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean => {
  if (!isSize(first) || !isSize(second) || first > second || !areHashes(firstRoot, secondRoot, ...proof)) return false
  if (first === second) return proof.length === 0 && sameBytes(firstRoot, secondRoot) && (first > 0 || sameBytes(firstRoot, emptyRoot()))
  if (first === 0) return proof.length === 0 && sameBytes(firstRoot, emptyRoot())
  const path = ones(first) === 1 ? [firstRoot, ...proof] : proof
  const [start, ...rest] = path
  if (start === undefined) return false
  let fn = first - 1
  let sn = second - 1
  while (odd(fn)) {
    fn = half(fn)
    sn = half(sn)
  }
  let fromFirst = start
  let fromSecond = start
  for (const sibling of rest) {
    if (sn === 0) return false
    if (odd(fn) || fn === sn) {
      fromFirst = nodeHash(sibling, fromFirst)
      fromSecond = nodeHash(sibling, fromSecond)
      while (!odd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      fromSecond = nodeHash(fromSecond, sibling)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && sameBytes(fromFirst, firstRoot) && sameBytes(fromSecond, secondRoot)
}
