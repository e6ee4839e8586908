import { toBase64url } from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import { Refusal } from '@wardline/platform/server'
import type { Caller, Services } from '@wardline/platform/server'
import type { epochsAfter } from '@wardline/product/team/conversations/contract'
import { isMember, removalsOf, sealSets, servedEpochs } from './queries.ts'
import { wrapOf } from './store.ts'

const page = 100

/** Epochs after a number: every statement, for the chain; of the seals only the caller's own, each by its epoch's history rule. */
export async function readEpochs(
  services: Pick<Services, 'db' | 'keys'>,
  caller: Caller,
  conversation: string,
  after: number,
): Promise<GivesOf<typeof epochsAfter>> {
  const { org, person } = caller
  const { epochs, sets, removals } = await services.db.read(org, async (db) => {
    if (!(await isMember(db, conversation, person))) throw new Refusal('not-found')
    const epochs = await servedEpochs(db, conversation, person, after, page + 1)
    return {
      epochs,
      sets: await sealSets(
        db,
        conversation,
        epochs.map((row) => row.n),
      ),
      removals: await removalsOf(db, conversation),
    }
  })
  const open = (key: string, sealed: Buffer, context: string) => toBase64url(services.keys.open(org, key, sealed, context))
  return {
    epochs: epochs.slice(0, page).map((row) => ({
      n: row.n,
      hash: toBase64url(row.hash),
      statement: open(row.data_key, row.sealed, wrapOf.epoch(conversation, row.n)),
      acceptedAt: row.at.getTime(),
      seal: row.seal && open(row.seal_key!, row.seal, wrapOf.member(conversation, row.n, person)),
      history: row.history_seal && open(row.history_key!, row.history_seal, wrapOf.history(conversation, row.n, person)),
      candidates: sets
        .filter((set) => set.n === row.n)
        .toSorted((a, b) => Number(b.person === row.author) - Number(a.person === row.author))
        .map((set) => ({
          person: set.person,
          recipients: open(set.data_key, set.sealed, wrapOf.set(conversation, row.n, set.person)),
          at: set.at.getTime(),
        })),
    })),
    removals: removals.map((row) => ({ statement: toBase64url(row.statement), at: row.at.getTime() })),
    more: epochs.length > page,
  }
}
