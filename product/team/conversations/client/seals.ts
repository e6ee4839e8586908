import {
  CryptoError,
  boxOf,
  checkRecipientSeals,
  decodeRecipientSeals,
  encodeRecipientSeals,
  equal,
  keyIdOf,
  publicKeysOf,
  repairMemberSeal,
  toBase64url,
} from '@wardline/crypto'
import type { Bytes, RecipientSeal } from '@wardline/crypto'
import { disputeSeals, repairSeal } from '@wardline/product/team/conversations/contract'
import { publicAt } from '@wardline/product/team/devices/client'
import type { KnownEpoch } from './epochs.ts'
import { factsAt, namedIn } from './epochs.ts'
import type { RoomParts, Rooms } from './rooms.ts'

/** What members do about seals that are wrong: recompute, name the author, repair. */
export interface SealWatch {
  /**
   * Recomputes the seals of an epoch for archive, roles and targets, once. Where the author's differ, the author is named to everybody.
   * Returns the right set where it differs, to be sent with the next message; null where the author was honest or M_n is not known here.
   */
  check(conversation: string, n: number): Promise<Bytes | null>
  /** An epoch whose seals were not looked at yet, the newest first. */
  nextDue(): { readonly conversation: string; readonly n: number } | null
  /** Seals an epoch anew for a member who cannot open theirs. */
  repair(conversation: string, n: number, person: string): Promise<void>
}

/** The watch over the conversations in `rooms`. */
export function openSealWatch(parts: RoomParts, rooms: Rooms): SealWatch {
  const { call, person, knowledge, ownDevice, alarm } = parts

  const boxFor = (epoch: KnownEpoch) => {
    const own = ownDevice.own()
    const entry = epoch.statement.body.roster.find((it) => it.person === person)
    return own && entry && epoch.via === 'member' && epoch.seal ? { box: boxOf(own.keys, entry.keyId), seal: epoch.seal } : null
  }

  const decoded = (seals: Bytes | undefined): readonly RecipientSeal[] => {
    try {
      return seals ? decodeRecipientSeals(seals) : []
    } catch (thrown) {
      if (thrown instanceof CryptoError) return []
      throw thrown
    }
  }

  async function tell(conversation: string, epoch: KnownEpoch, own: Bytes): Promise<void> {
    if (epoch.told) return
    const body = { n: epoch.n, recipients: toBase64url(own) }
    const answer = await call(disputeSeals, { params: { conversation }, body })
    if (answer.ok) await rooms.amend(conversation, epoch.n, { told: true })
  }

  async function check(conversation: string, n: number): Promise<Bytes | null> {
    const room = rooms.find(conversation)
    const epoch = room?.epochs[n - 1]
    const mine = epoch ? boxFor(epoch) : null
    if (!room || !epoch || !mine || epoch.check === 'good') return null
    if (epoch.check === 'differs' && epoch.own) {
      await tell(conversation, epoch, epoch.own)
      return epoch.own
    }
    const { statement, authorKey } = epoch
    const facts = await factsAt(knowledge, room.removals, namedIn(room.epochs[n - 2]?.statement, statement), epoch.moment)
    const candidate = decoded(epoch.candidates[0]?.seals)
    const input = { epoch: statement, authorKey, ...mine, candidate, publicKeys: publicKeysOf(facts) }
    const found = await checkRecipientSeals(input).catch(unlessCrypto)
    if (!found) return rooms.amend(conversation, n, { check: 'cannot' }).then(() => null)
    const author = statement.body.author.person
    if (found.differing.length === 0) {
      await rooms.amend(conversation, n, { check: 'good' })
      for (const it of room.disputes)
        if (it.epoch === n && it.reporter !== person)
          await alarm({ kind: 'seals', person: it.reporter, by: person, conversation, epoch: n, device: null, code: 'false-report' })
      return null
    }
    const own = encodeRecipientSeals(found.own)
    await rooms.amend(conversation, n, { check: 'differs', own })
    await alarm({
      kind: 'seals',
      person: author,
      by: person,
      conversation,
      epoch: n,
      device: statement.body.author.device,
      code: 'differs',
    })
    await rooms.addDispute(conversation, { epoch: n, author, reporter: person })
    await tell(conversation, { ...epoch, own }, own)
    return own
  }

  return {
    check,
    nextDue() {
      for (const room of rooms.all()) {
        const due = room.member ? room.epochs.findLast((it) => it.check === 'due' && it.via === 'member') : undefined
        if (due) return { conversation: room.id, n: due.n }
      }
      return null
    },
    async repair(conversation, n, whom) {
      const epoch = rooms.find(conversation)?.epochs[n - 1]
      const mine = epoch ? boxFor(epoch) : null
      const entry = epoch?.statement.body.roster.find((it) => it.person === whom)
      if (!epoch || !mine || !entry || whom === person) return
      const known = (await knowledge.people([whom])).get(whom)
      const key = known?.userKeys.find((it) => equal(keyIdOf(it.statement.body), entry.keyId))
      if (!known || !key || !publicAt(known, Infinity)) return
      const { statement, authorKey } = epoch
      const made = await repairMemberSeal({ epoch: statement, authorKey, ...mine, member: whom, memberKey: key.statement.body })
      await call(repairSeal, { params: { conversation }, body: { n, person: whom, seal: toBase64url(made.seal) } })
    },
  }
}

const unlessCrypto = (thrown: unknown): null => {
  if (thrown instanceof CryptoError) return null
  throw thrown
}
