import { beforeAll, describe, expect, it } from 'vitest'
import { ZERO_HASH, newUuid, random, utf8 } from './bytes.ts'
import type { Link } from './chain.ts'
import { continues, countsAfterRevocation, judgeChain, linkOf, linkOfTombstone } from './chain.ts'
import type { Envelope } from './envelope.ts'
import { parseEnvelope } from './envelope.ts'
import { createDevice } from './keys.ts'
import { sealMessage } from './message.ts'
import { CHECKPOINT, ROUTINE } from './testing/clinic.ts'

const envelopes: Envelope[] = []
let links: readonly Link[] = []
const conversation = newUuid()

beforeAll(async () => {
  const key = await crypto.subtle.importKey('raw', random(32), 'HKDF', false, ['deriveBits'])
  const root = { organisation: newUuid(), conversation, n: 1, hash: random(32), key }
  const device = await createDevice(newUuid())
  let prev = ZERO_HASH
  for (let i = 0; i < 6; i++) {
    const made = await sealMessage({
      root,
      device,
      msgId: newUuid(),
      prev,
      flags: ROUTINE,
      kind: 'text',
      checkpoint: CHECKPOINT,
      body: utf8(`${i}`),
    })
    envelopes.push(parseEnvelope(made.bytes))
    prev = made.hash
  }
  links = envelopes.map(linkOf)
})
const head = (i: number) => (links[i] as Link).hash

describe("a device's chain", () => {
  it('is whole from its start and from any head that an epoch carried', () => {
    expect(judgeChain(links)).toBe('whole')
    expect(judgeChain(links.slice(3), head(2), [head(5)])).toBe('whole')
    expect(continues(envelopes[3] as Envelope, head(2))).toBe(true)
  })

  it('shows a replayed, reordered, left-out or foreign envelope', () => {
    expect(continues(envelopes[2] as Envelope, head(2))).toBe(false)
    expect(judgeChain([...links, links[2] as Link])).toBe('spliced')
    expect(judgeChain([links[1], links[0], ...links.slice(2)] as Link[])).toBe('spliced')
    expect(judgeChain(links.toSpliced(3, 1))).toBe('spliced')
    expect(judgeChain(links.slice(1))).toBe('spliced')
    expect(judgeChain(links.toSpliced(3, 0, { prev: head(2), hash: random(32) }))).toBe('spliced')
  })

  it('shows a cut tail, because the next epoch carries its head', () => {
    expect(judgeChain(links.slice(0, 4), ZERO_HASH, [head(5)])).toBe('cut')
    expect(judgeChain(links, ZERO_HASH, [head(5)])).toBe('whole')
  })

  it('is verified through tombstones, behind which nothing can be hidden', () => {
    const erased = envelopes[2] as Envelope
    const stone = linkOfTombstone({ prev: erased.header.prev, rest: erased.rest })
    expect(judgeChain(links.toSpliced(2, 1, stone), ZERO_HASH, [head(5)])).toBe('whole')
    const hidden = envelopes[3] as Envelope
    const lie = linkOfTombstone({ prev: head(1), rest: hidden.rest })
    expect(judgeChain([...links.slice(0, 2), lie, ...links.slice(4)])).toBe('spliced')
  })
})

describe('a revocation', () => {
  const revoked = (envelope: Uint8Array<ArrayBuffer> | null) => ({
    organisation: newUuid(),
    version: 1,
    prev: ZERO_HASH,
    time: 0,
    person: newUuid(),
    device: newUuid(),
    last: envelope ? [{ conversation, envelope }] : [],
    author: { person: newUuid(), device: newUuid() },
  })

  it('ends the chain at the last accepted envelope', () => {
    const revocation = revoked(head(3))
    expect(links.map((l) => countsAfterRevocation(revocation, conversation, links, l.hash))).toEqual([true, true, true, true, false, false])
    expect(countsAfterRevocation(revocation, conversation, links, random(32))).toBe(false)
  })

  it('leaves nothing where it names nothing', () => {
    expect(countsAfterRevocation(revoked(null), conversation, links, head(0))).toBe(false)
    expect(countsAfterRevocation(revoked(ZERO_HASH), conversation, links, head(0))).toBe(false)
    expect(countsAfterRevocation(revoked(random(32)), conversation, links, head(0))).toBe(false)
    expect(countsAfterRevocation(revoked(head(3)), newUuid(), links, head(0))).toBe(false)
  })
})
