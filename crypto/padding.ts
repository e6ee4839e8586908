import type { Bytes } from './bytes.ts'
import { concat, equal, u32 } from './bytes.ts'
import { MAX_PADDED, PADDING_STEP } from './envelope.ts'
import { refuse } from './errors.ts'

/** A body behind its length, filled with zeros to the smallest 256 B times a power of two. Throws `malformed` above the largest size. */
export const pad = (body: Uint8Array): Bytes => {
  let size = PADDING_STEP
  while (size < body.length + 4) size *= 2
  if (size > MAX_PADDED) refuse('malformed', 'body too long')
  return concat(u32(body.length), body, new Uint8Array(size - 4 - body.length))
}

/** The body of padded bytes; refuses padding that `pad` would not have made. Throws `bad-padding`. */
export const unpad = (padded: Bytes): Bytes => {
  if (padded.length < PADDING_STEP || padded.length > MAX_PADDED) refuse('bad-padding', 'size')
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0)
  if (length > padded.length - 4) refuse('bad-padding', 'length')
  const body = padded.slice(4, 4 + length)
  return equal(pad(body), padded) ? body : refuse('bad-padding', 'not zero or not minimal')
}
