import { ZERO_HASH, equal, fromBase64url, sha256 } from '@wardline/crypto'
import type { Bytes, Checkpoint } from '@wardline/crypto'
import { Bytes as BytesText, Count, List, Moment, Shape, Text, Type, endpoint } from '@wardline/platform/contract'
import type { DeviceParts } from '@wardline/product/team/devices/client'

// The log belongs to compliance, which nobody imports: these are the two of its addresses that every device asks.
const newest = endpoint({
  name: 'team.messages.log-checkpoint',
  method: 'GET',
  path: '/api/v1/audit/checkpoint',
  summary: "The newest signed checkpoint of the organisation's log",
  takes: Shape({}),
  gives: Shape({ checkpoint: Type.Union([Shape({ size: Count, note: Text(4_000), at: Moment }), Type.Null()]) }),
  fails: {},
})
const consistency = endpoint({
  name: 'team.messages.log-consistency',
  method: 'GET',
  path: '/api/v1/audit/consistency',
  summary: 'Consistency proof between two sizes of the log',
  takes: Shape({ from: Text(15), to: Text(15) }),
  gives: Shape({ proof: List(BytesText(32, 32), 64) }),
  fails: {},
})

/** What this device knows of the audit log's growth. */
export interface Checkpoints {
  load(): Promise<void>
  /** The newest state seen, for the header of every message. */
  newest(): Checkpoint
  /** Reads the newest one and proves that it continues the one before. */
  refresh(): Promise<void>
  /** A sender had seen this one: it must belong to the same log. */
  saw(checkpoint: Checkpoint): void
}

const none: Checkpoint = { size: 0, root: ZERO_HASH }

/** Size and root of a C2SP tlog-checkpoint note: origin, size, root in base64, a line each. */
export function readNote(note: string): Checkpoint | null {
  const [, size = '', root = ''] = note.split('\n')
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return null
  try {
    return { size: Number(size), root: fromBase64url(root.slice(0, 43).replaceAll('+', '-').replaceAll('/', '_')) }
  } catch {
    return null
  }
}

const node = (left: Bytes, right: Bytes): Bytes => {
  const joined = new Uint8Array(65)
  joined[0] = 1
  joined.set(left, 1)
  joined.set(right, 33)
  return sha256(joined)
}

/** Verifies that the log of `to` begins with the log of `from` (RFC 9162 section 2.1.4.2). */
export function isConsistent(from: Checkpoint, to: Checkpoint, proof: readonly Bytes[]): boolean {
  if (from.size === to.size) return proof.length === 0 && equal(from.root, to.root)
  if (from.size === 0 || from.size > to.size) return from.size === 0
  let fn = from.size - 1
  let sn = to.size - 1
  const half = (n: number): number => Math.floor(n / 2)
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  const path = fn === 0 ? [from.root, ...proof] : [...proof]
  const [first, ...rest] = path
  if (!first) return false
  let fr = first
  let sr = first
  for (const it of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = node(it, fr)
      sr = node(it, sr)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      sr = node(sr, it)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && equal(fr, from.root) && equal(sr, to.root)
}

/** The checkpoints of a device. */
export function openCheckpoints({ call, store, alarm }: DeviceParts): Checkpoints {
  let known = none
  let claimed = none

  const raise = (code: string) => alarm({ kind: 'log', person: null, by: null, conversation: null, epoch: null, device: null, code })

  /** Null: not known, the server did not answer. */
  async function agrees(a: Checkpoint, b: Checkpoint): Promise<boolean | null> {
    const [from, to] = a.size <= b.size ? [a, b] : [b, a]
    if (from.size === 0) return true
    if (from.size === to.size) return equal(from.root, to.root)
    const answer = await call(consistency, { body: { from: String(from.size), to: String(to.size) } })
    return answer.ok ? isConsistent(from, to, answer.value.proof.map(fromBase64url)) : null
  }

  return {
    async load() {
      known = ((await store.get(['checkpoint'])) as Checkpoint | undefined) ?? none
    },
    newest: () => known,
    async refresh() {
      const answer = await call(newest, {})
      const found = answer.ok && answer.value.checkpoint ? readNote(answer.value.checkpoint.note) : null
      if (!found) return
      const agreed = await agrees(known, found)
      if (agreed === false) return raise(found.size < known.size ? 'older' : 'rewritten')
      if (agreed === null) return
      if (found.size > known.size) {
        known = found
        await store.write({ put: [[['checkpoint'], found]] })
      }
      if (claimed.size === 0) return
      const shown = await agrees(claimed, known)
      if (shown === null) return
      claimed = none
      if (!shown) await raise('two-logs')
    },
    saw(checkpoint) {
      if (checkpoint.size > claimed.size) claimed = checkpoint
    },
  }
}
