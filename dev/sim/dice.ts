/** Numbers that a seed decides. */
export interface Dice {
  /** In [0, 1). */
  roll(): number
  /** True with this probability. */
  chance(of: number): boolean
  /** A whole number from 0 to below `below`. */
  under(below: number): number
  /** A number of ms between two, both included. */
  between(low: number, high: number): number
  of<T>(list: readonly T[]): T
  /** An index by weight; all zero: 0. */
  weighted(weights: readonly number[]): number
  bytes(length: number): Uint8Array<ArrayBuffer>
}

/** One stream for each purpose: what one of them draws never shifts what another one draws. */
export function dice(seed: number, purpose: string): Dice {
  const next = sfc32(seed, purpose)
  const roll = (): number => next() / 4_294_967_296
  const under = (below: number): number => Math.floor(roll() * below)
  return {
    roll,
    under,
    chance: (of) => roll() < of,
    between: (low, high) => low + under(high - low + 1),
    of: (list) => list[under(list.length)]!,
    weighted(weights) {
      let left = roll() * weights.reduce((sum, it) => sum + it, 0)
      const found = weights.findIndex((it) => (left -= it) < 0)
      return Math.max(found, 0)
    },
    bytes(length) {
      const out = new Uint8Array(length)
      for (let i = 0; i < length; i += 4) {
        const word = next()
        for (let j = i; j < Math.min(i + 4, length); j++) out[j] = word >>> (8 * (j - i))
      }
      return out
    },
  }
}

/** Chris Doty-Humphrey's sfc32, begun with the seed and a hash (FNV-1a) of the purpose. */
function sfc32(seed: number, purpose: string): () => number {
  let hash = 0x811c9dc5
  for (const char of purpose) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
  let [a, b, c, counter] = [seed | 0, hash | 0, 0x9e3779b9 | 0, 1]
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 16; i++) next()
  return next
}
