import { KeyFailure } from '../keys/kek.ts'

/**
 * Many payloads sealed as one. A cipher costs a few microseconds to set up, ten times what a payload's bytes cost, and a row of its own costs
 * the database as much again; so a transaction of many facts seals them together. Each payload is still bound to its fact, by its commitment.
 * A box holds payloads of one data key, so that erasure never has to open one.
 */
export const boxFrom = 8

/** Bytes from which a box is full: who reads one fact opens its whole box. */
export const boxFull = 32 * 1024

/** Lays payloads into a box, each behind its length. */
export function fillBox(parts: readonly Uint8Array[]): Buffer {
  const box = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  let at = 0
  for (const part of parts) {
    at = box.writeUInt32BE(part.length, at)
    box.set(part, at)
    at += part.length
  }
  return box
}

/** The payload at a place, from 0, of an opened box. KeyFailure `not-authentic` if there is none. */
export function takeFromBox(box: Buffer, place: number): Buffer {
  let at = 0
  for (let i = 0; at + 4 <= box.length; i += 1) {
    const end = at + 4 + box.readUInt32BE(at)
    if (i === place && end <= box.length) return box.subarray(at + 4, end)
    at = end
  }
  throw new KeyFailure('not-authentic', 'A box of payloads has nothing at this place: it was altered, or belongs elsewhere.')
}
