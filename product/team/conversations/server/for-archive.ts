import type { Db } from '@wardline/platform/db'
import type { KeyLedger } from '@wardline/platform/server'
import { epochsBetween, sealSets } from './queries.ts'
import { wrapOf } from './store.ts'

/** An accepted epoch without its outer wrap: the statement, and every candidate set of recipient seals, the author's first. */
export interface UnwrappedEpoch {
  readonly conversation: string
  readonly n: number
  /** When it was accepted, ms. */
  readonly at: number
  /** As crypto's encodeStatement wrote it. */
  readonly statement: Buffer
  /** As crypto's encodeRecipientSeals wrote them. */
  readonly candidates: readonly Buffer[]
}

/** Epochs `from` to `to` of a conversation, for an approved opening of the archive. Member seals never leave so. */
export async function unwrapEpochs(
  db: Db,
  keys: Pick<KeyLedger, 'open'>,
  scope: { readonly conversation: string; readonly from: number; readonly to: number },
): Promise<UnwrappedEpoch[]> {
  const { conversation } = scope
  const epochs = await epochsBetween(db, conversation, scope.from, scope.to)
  const sets = await sealSets(
    db,
    conversation,
    epochs.map((row) => row.n),
  )
  return epochs.map((row) => ({
    conversation,
    n: row.n,
    at: row.at.getTime(),
    statement: keys.open(db.org, row.data_key, row.sealed, wrapOf.epoch(conversation, row.n)),
    candidates: sets
      .filter((set) => set.n === row.n)
      .toSorted((a, b) => Number(b.person === row.author) - Number(a.person === row.author))
      .map((set) => keys.open(db.org, set.data_key, set.sealed, wrapOf.set(conversation, row.n, set.person))),
  }))
}
