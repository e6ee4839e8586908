import { isOf } from '@wardline/platform/contract'
import { contentErased, monthOf } from '@wardline/platform/server'
import type { Erasure } from '../rules.ts'

/** Payloads of one destroyed data key. */
interface Gone {
  readonly payloads: number
  /** Of their entries' times; null where they are of several months, which one data key never seals. */
  readonly month: string | null
  readonly first: number
  readonly last: number
}

/** What a log says of erasure, up to some entry. */
export interface Erasures {
  readonly gone: ReadonlyMap<string, Gone>
  readonly said: readonly Erasure[]
}

/** Before the first entry. */
export const noErasures: Erasures = { gone: new Map(), said: [] }

/** Goes on from what was seen so far, which stays as it is. */
export function goOn(from: Erasures) {
  const gone = new Map(from.gone)
  const said = [...from.said]
  return {
    so: { gone, said } satisfies Erasures,
    /** An entry (its index, its time in ms) whose payload was sealed by a data key that is destroyed. */
    erased(dataKey: string, index: number, time: number): void {
      const month = monthOf(new Date(time))
      const before = gone.get(dataKey) ?? { payloads: 0, month, first: index }
      gone.set(dataKey, { ...before, payloads: before.payloads + 1, month: before.month === month ? month : null, last: index })
    },
    /** An entry whose payload is what the log committed to: it may be one that covers an erasure. */
    stands(kind: string, index: number, payload: Uint8Array): void {
      if (kind !== contentErased.kind) return
      const it: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
      if (isOf(contentErased.payload, it)) said.push({ index, ...it })
    },
  }
}

/**
 * An entry covers a destroyed key's payloads if it names key and month and exactly their number. Each payload that an entry meant stays erased
 * for ever, so one that somebody added to them makes one too many.
 */
const covers = (said: Erasure, gone: Gone | undefined): boolean =>
  gone !== undefined && said.month === gone.month && said.payloads === gone.payloads

/** How many payloads are erased, and the entries that cover them. */
export const erasuresOf = ({ gone, said }: Erasures): { erased: number; erasures: readonly Erasure[] } => ({
  erased: [...gone.values()].reduce((sum, { payloads }) => sum + payloads, 0),
  erasures: said.filter((each) => covers(each, gone.get(each.dataKey))),
})

/** The first erased payloads that no entry covers; null where all are covered. */
export const uncovered = ({ gone, said }: Erasures): { first: number; last: number } | null => {
  const bare = [...gone].filter(([dataKey, it]) => !said.some((each) => each.dataKey === dataKey && covers(each, it)))
  return bare.map(([, it]) => it).toSorted((a, b) => a.first - b.first)[0] ?? null
}
