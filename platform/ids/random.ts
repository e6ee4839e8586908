import { randomFillSync } from 'node:crypto'

// Asking the system for 12 bytes costs as much as for 4,096, so random bytes are fetched in stock. Each is given out once.
const stock = Buffer.alloc(8_192)
let used = stock.length

/** Cryptographically random bytes, fresh and private to the caller. */
export function freshBytes(size: number): Buffer {
  if (size > 1_024) return randomFillSync(Buffer.alloc(size))
  if (used + size > stock.length) {
    randomFillSync(stock)
    used = 0
  }
  const given = Buffer.from(stock.subarray(used, used + size))
  stock.fill(0, used, used + size)
  used += size
  return given
}
