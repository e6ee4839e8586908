import { fromBase32, toBase32 } from './base32.ts'
import type { Bytes, Uuid } from './bytes.ts'
import { concat, equal, lp, random, utf8 } from './bytes.ts'
import { refuse } from './errors.ts'
import { sha256 } from './hash.ts'
import { derivePrivateKey } from './hpke.ts'
import type { BoxKey, BoxPublicKey } from './keys.ts'
import { boxKeyOf, keyIdOf } from './keys.ts'
import type { RawShare } from './shamir.ts'
import { combine, split } from './shamir.ts'
import type { ArchivePolicy, Custodian } from './statements/archive-policy.ts'

// A printed share: format, threshold, index, the first bytes of the key's id, 32 bytes of data, a checksum; in base32 groups of five.

const FORMAT = 1
const TAG = 4
const CHECK = 4
const HEAD = 3 + TAG
const BODY = HEAD + 32

/** A share for one custodian, as printed. */
export type PrintedShare = { readonly index: number; readonly person: Uuid; readonly text: string }

/** A new archive key: what the root signs as policy (`publicKey`, `threshold`, `custodians`), and what is printed and then forgotten. */
export type NewArchiveKey = {
  readonly publicKey: BoxPublicKey
  readonly threshold: number
  readonly custodians: readonly Custodian[]
  readonly shares: readonly PrintedShare[]
}

const shareHash = (body: Uint8Array): Bytes => sha256(concat(utf8('wl1 share'), lp(body)))
const checkOf = (body: Uint8Array): Bytes => shareHash(body).slice(-CHECK)

/** Draws an archive key and splits it among its custodians; the private key never leaves this function. */
export const splitArchiveKey = async (threshold: number, people: readonly Uuid[]): Promise<NewArchiveKey> => {
  const seed = random(32)
  const { suite, publicKey, keyId } = await boxKeyOf(derivePrivateKey(seed))
  const bodies = split(seed, threshold, people.length).map(({ index, data }) => ({
    index,
    person: people[index - 1] ?? refuse('malformed', 'custodians'),
    body: concat(Uint8Array.of(FORMAT, threshold, index), keyId.slice(0, TAG), data),
  }))
  return {
    publicKey: { suite, publicKey },
    threshold,
    custodians: bodies.map(({ index, person, body }) => ({ index, person, shareHash: shareHash(body) })),
    shares: bodies.map(({ index, person, body }) => ({ index, person, text: toBase32(concat(body, checkOf(body)), 5) })),
  }
}

/** A share read from paper. */
export type Share = RawShare & { readonly threshold: number; readonly keyTag: Bytes; readonly hash: Bytes }

const decoded = (typed: string): Bytes => {
  try {
    return fromBase32(typed)
  } catch {
    return refuse('bad-share', 'character or length')
  }
}

/** Reads a typed share. Throws `bad-share` for any slip of the hand. */
export const parseShare = (typed: string): Share => {
  const bytes = decoded(typed)
  const body = bytes.slice(0, BODY)
  const [format, threshold = 0, index = 0] = body
  if (bytes.length !== BODY + CHECK || format !== FORMAT || !equal(bytes.slice(BODY), checkOf(body))) refuse('bad-share', 'checksum')
  return { threshold, index, keyTag: body.slice(3, HEAD), data: body.slice(HEAD), hash: shareHash(body) }
}

/** Rebuilds a period's archive key, offline, from the custodians' typed shares. Throws `bad-share`, naming no share's content. */
export const combineShares = async (typed: readonly string[], policy: ArchivePolicy): Promise<BoxKey> => {
  const keyId = keyIdOf(policy)
  const shares = typed.map(parseShare)
  for (const share of shares) {
    const known = policy.custodians.find((c) => c.index === share.index)
    const fits =
      known && share.threshold === policy.threshold && equal(share.keyTag, keyId.slice(0, TAG)) && equal(known.shareHash, share.hash)
    if (!fits) refuse('bad-share', `share ${share.index} is not of this policy`)
  }
  const key = await boxKeyOf(derivePrivateKey(combine(shares, policy.threshold)))
  return equal(key.keyId, keyId) ? key : refuse('bad-share', 'the shares give another key')
}
