import type { Bytes, Uuid } from './bytes.ts'
import { ZERO_HASH, equal } from './bytes.ts'
import type { Envelope, Tombstone } from './envelope.ts'
import { tombstoneHash } from './envelope.ts'
import type { Epoch, Head } from './statements/epoch.ts'
import type { Revocation } from './statements/revocation.ts'

/** One link of a device's chain in a conversation: an envelope, or the tombstone that an erased one leaves. */
export type Link = { readonly hash: Bytes; readonly prev: Bytes }

/** The link that an envelope is. */
export const linkOf = (envelope: Envelope): Link => ({ hash: envelope.hash, prev: envelope.header.prev })

/** The link that a tombstone is. */
export const linkOfTombstone = (tombstone: Tombstone): Link => ({ hash: tombstoneHash(tombstone), prev: tombstone.prev })

/** What the chain of one device shows. `spliced`: a link does not follow the one before; `cut`: a hash that must be in it is not. */
export type ChainState = 'whole' | 'spliced' | 'cut'

/** Whether an envelope directly continues a chain whose head is this hash (zero: it is the first). */
export const continues = (envelope: Envelope, head: Bytes): boolean => equal(envelope.header.prev, head)

/**
 * Judges a device's links in log order from `start` (zero, or a head that an earlier epoch carried). `mustHold` are hashes that must be in
 * it, such as the head that the next epoch carries: a server that hides a tail is seen.
 */
export const judgeChain = (links: readonly Link[], start: Bytes = ZERO_HASH, mustHold: readonly Bytes[] = []): ChainState => {
  let head = start
  for (const link of links) {
    if (!equal(link.prev, head)) return 'spliced'
    head = link.hash
  }
  const held = [start, ...links.map((l) => l.hash)]
  return mustHold.every((hash) => held.some((h) => equal(h, hash))) ? 'whole' : 'cut'
}

/** The head that an epoch carries for a device, or zero. */
export const headIn = (epoch: Epoch, device: Uuid): Bytes => epoch.heads.find((h: Head) => h.device === device)?.envelope ?? ZERO_HASH

/** Whether a revoked device's envelope still counts: it stands in its chain at or before the last one that the revocation names. */
export const countsAfterRevocation = (revocation: Revocation, conversation: Uuid, links: readonly Link[], envelope: Bytes): boolean => {
  const last = revocation.last.find((l) => l.conversation === conversation)?.envelope
  if (!last) return false
  const end = links.findIndex((l) => equal(l.hash, last))
  const at = links.findIndex((l) => equal(l.hash, envelope))
  return at !== -1 && at <= end
}
