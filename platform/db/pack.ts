/**
 * Many byte strings as one parameter. An array of bytea travels as hexadecimal text, twice the size and parsed on both sides; one bytea
 * travels as it is. In SQL: `substring(${it.bytes}::bytea from start for length)` over unnest of `starts` and `lengths`.
 */
export interface Packed {
  readonly bytes: Buffer
  /** From 1, as SQL counts. */
  readonly starts: readonly number[]
  readonly lengths: readonly number[]
}

/** Lays byte strings end to end. */
export function pack(parts: readonly Uint8Array[]): Packed {
  const starts: number[] = []
  const lengths: number[] = []
  let at = 1
  for (const part of parts) {
    starts.push(at)
    lengths.push(part.length)
    at += part.length
  }
  return { bytes: Buffer.concat(parts), starts, lengths }
}
