/** What a server that lies could hand to anybody: everything that it stores of a conversation, with its outer wrap taken off. */
import {
  CryptoError,
  decodeRecipientSeals,
  fromBase64url,
  openEpoch,
  openEpochAsRecipient,
  openHistory,
  openMessage,
  parseEnvelope,
  parseEpoch,
} from '@wardline/crypto'
import type { Bytes, Epoch, EpochRoot, PersonKeys, RecipientSeal, Statement } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { World } from '@wardline/dev/world'
import type { Desk } from '@wardline/dev/staff'
import { unwrapEpochs } from '@wardline/product/team/conversations/server'
import type { Message } from '@wardline/product/team/messages/contract'
import { unwrapMessages } from '@wardline/product/team/messages/server'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import type { Own } from '@wardline/product/team/devices/client'

type StoredMessage = Static<typeof Message>

/** An epoch with every seal of its secret that lies anywhere on the server. */
interface HoardedEpoch {
  readonly statement: Statement<Epoch>
  readonly memberSeals: readonly Bytes[]
  readonly historySeals: readonly Bytes[]
  readonly recipientSeals: readonly RecipientSeal[]
}

export interface Hoard {
  readonly epochs: readonly HoardedEpoch[]
  readonly messages: readonly StoredMessage[]
}

const all = { from: 1, to: 1_000_000 }

/** Takes everything of a conversation out of the database, with the keys of the ledger. */
export async function hoard(world: World, org: string, conversation: string): Promise<Hoard> {
  const seals = async (table: 'member_seal' | 'history_seal', context: string) => {
    const { rows } = await world.owner.query<{ n: string; person: string; data_key: string; sealed: Buffer }>(
      `select n, person, data_key, sealed from ${table} where conversation = $1`,
      [conversation],
    )
    return rows.map((row) => ({
      n: Number(row.n),
      seal: new Uint8Array(world.keys.open(org, row.data_key, row.sealed, `${context}|${conversation}|${row.n}|${row.person}`)),
    }))
  }
  const [members, histories] = [await seals('member_seal', 'member-seal'), await seals('history_seal', 'history-seal')]
  const epochs = await world.server.db.read(org, (db) => unwrapEpochs(db, world.keys, { conversation, ...all }))
  const messages = await world.server.db.read(org, async (db) => {
    const pages: StoredMessage[] = []
    for await (const page of unwrapMessages(db, world.keys, { conversation, ...all })) pages.push(...page)
    return pages
  })
  const of = (list: typeof members, n: number) => list.flatMap((it) => (it.n === n ? [it.seal] : []))
  return {
    epochs: epochs.map(({ n, statement, candidates }) => ({
      statement: parseEpoch(new Uint8Array(statement)),
      memberSeals: of(members, n),
      historySeals: of(histories, n),
      recipientSeals: candidates.flatMap((it) => decodeRecipientSeals(new Uint8Array(it))),
    })),
    messages,
  }
}

/** What a person's device holds: every box key, and every epoch's key that it has opened. */
export interface Holdings {
  readonly keys: PersonKeys
  readonly epochs: readonly KnownEpoch[]
}

/** Takes all keys out of a device's store, as its thief would. */
export async function holdingsOf({ store }: Pick<Desk, 'store'>, conversation: string): Promise<Holdings> {
  const { keys } = (await store.get(['device'])) as Own
  return { keys, epochs: (await store.list(['epoch', conversation])).map((it) => it.value as KnownEpoch) }
}

/**
 * The sequences of the hoard's messages that these keys open, tried in every way there is: every seal of every epoch with every key, and
 * every message under every epoch's key. `authorKeys`: the Ed25519 key of each epoch's author, by number.
 */
export async function readableWith({ epochs, messages }: Hoard, held: Holdings, authorKeys: ReadonlyMap<number, Bytes>): Promise<number[]> {
  const roots: EpochRoot[] = held.epochs.flatMap((it) => (it.root ? [it.root] : []))
  for (const { statement: epoch, memberSeals, historySeals, recipientSeals } of epochs) {
    const authorKey = authorKeys.get(epoch.body.version)!
    for (const box of held.keys.boxes) {
      const ways = [
        ...memberSeals.map((seal) => openEpoch({ epoch, authorKey, box, seal })),
        ...historySeals.map((seal) => openHistory({ epoch, authorKey, box, seal })),
        openEpochAsRecipient({ epoch, authorKey, box, candidates: recipientSeals }),
      ]
      roots.push(...(await Promise.all(ways.map(unlessRefused))).filter((it) => it !== null))
    }
  }
  const read: number[] = []
  for (const { sequence, envelope } of messages) {
    const parsed = parseEnvelope(fromBase64url(envelope!))
    const { n, epochHash: hash } = parsed.header
    // The check that the header names this epoch is left out of the thief's program: what must hold is the key.
    const opened = roots.map((root) => unlessRefused(openMessage({ ...root, n, hash }, parsed, new Uint8Array(32))))
    if ((await Promise.all(opened)).some((it) => it !== null)) read.push(sequence)
  }
  return read
}

async function unlessRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}
