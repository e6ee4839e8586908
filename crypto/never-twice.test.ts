import { expect, it } from 'vitest'
import { ZERO_HASH, newUuid, random, toHex, utf8 } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { parseEnvelope } from './envelope.ts'
import type { EpochRoot } from './epoch.ts'
import { createDevice } from './keys.ts'
import { sealMessage } from './message.ts'
import { CHECKPOINT, ROUTINE } from './testing/clinic.ts'

// (mk, iv) is a function of K_n and H(header), so two sealings share it exactly when they share both. A device is run through 10,000 random
// histories: it composes, edits before the acknowledgement, loses replies, reloads from storage or from an old backup, and re-keys.

const RUNS = 10_000

/** A small generator, so that a failing history can be run again (mulberry32). */
const generator = (seed: number) => () => {
  let t = (seed += 0x6d2b79f5)
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

type Stored = { readonly msgId: string; readonly prev: Bytes; readonly sealed: Bytes | null; readonly text: number }

it(`never meets one message key and iv twice in ${RUNS} histories of reload, resend, edit and re-key`, { timeout: 60_000 }, async () => {
  const next = generator(20_261_122)
  const device = await createDevice(newUuid())
  const [organisation, conversation] = [newUuid(), newUuid()]
  const newEpoch = async (n: number): Promise<EpochRoot> => {
    const key = await crypto.subtle.importKey('raw', random(32), 'HKDF', false, ['deriveBits'])
    return { organisation, conversation, n, hash: random(32), key }
  }
  let root = await newEpoch(1)
  const met = new Map<string, number>()
  const accepted = new Map<string, string>()
  let sealings = 0
  let resends = 0

  const seal = async (entry: Stored): Promise<Bytes> => {
    const { msgId, prev } = entry
    const message = { root, device, msgId, prev, flags: ROUTINE, kind: 'text', checkpoint: CHECKPOINT, body: utf8(`${entry.text}`) }
    const { bytes } = await sealMessage(message)
    const used = toHex(root.hash) + toHex(parseEnvelope(bytes).headerHash)
    met.set(used, (met.get(used) ?? 0) + 1)
    sealings++
    return bytes
  }
  const send = (bytes: Bytes): void => {
    const { header, hash } = parseEnvelope(bytes)
    if (!accepted.has(header.msgId)) accepted.set(header.msgId, toHex(hash))
    else resends++
  }

  for (let run = 0; run < RUNS; run++) {
    let entry: Stored = { msgId: newUuid(), prev: ZERO_HASH, sealed: null, text: run }
    let backup = entry
    for (let step = 0, steps = 1 + Math.floor(next() * 4); step < steps; step++) {
      const dice = next()
      if (dice < 0.35) entry = { ...entry, text: entry.text + 1, sealed: null }
      else if (dice < 0.45) entry = backup
      else if (dice < 0.55) backup = entry
      else if (dice < 0.6) {
        root = await newEpoch(root.n + 1)
        entry = { ...entry, sealed: null }
      } else {
        if (!entry.sealed) entry = { ...entry, sealed: await seal(entry) }
        if (entry.sealed) send(entry.sealed)
      }
    }
  }
  expect([...met.values()].filter((times) => times > 1)).toEqual([])
  expect(met.size).toBe(sealings)
  expect(sealings).toBeGreaterThan(RUNS * 0.7)
  expect(resends).toBeGreaterThan(1000)
})
