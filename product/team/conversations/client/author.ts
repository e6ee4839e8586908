import {
  CryptoError,
  after,
  authorEpoch,
  boxOf,
  encodeMemberSeals,
  encodeRecipientSeals,
  encodeStatement,
  mayFollow,
  planEpoch,
  planFirstEpoch,
  publicKeysOf,
  removal as removals,
  sealHistory,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type {
  AuthoredEpoch,
  Beginning,
  Epoch,
  EpochBody,
  Facts,
  Governance,
  Head,
  History,
  Removal,
  Statement,
  Step,
} from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import { addEpoch, createConversation, removePerson } from '@wardline/product/team/conversations/contract'
import type { EpochUpload } from '@wardline/product/team/conversations/contract'
import type { Own } from '@wardline/product/team/devices/client'
import { Stop, must, stop } from '@wardline/product/team/devices/client'
import type { KnownEpoch } from './epochs.ts'
import { factsAt, namedIn } from './epochs.ts'
import type { Info, Room, RoomParts, Rooms } from './rooms.ts'

/** An epoch that this device has made: what to upload, and how it is kept here once the server has taken it. */
export interface Authored {
  readonly upload: Static<typeof EpochUpload>
  readonly epoch: KnownEpoch
}

/** A new conversation as it is sent; kept until the server has answered, because only these bytes are sent again. */
export interface Begun {
  readonly conversation: string
  readonly kind: 'direct' | 'group'
  readonly authored: Authored
}

/** What this device signs about conversations. All throw Stop; `may-not`, `no-keys`, `alarm` are found before anything is sent. */
export interface Author {
  /** The next epoch: a re-key, which also carries out what removals demand, or one with added people. */
  next(conversation: string, step?: { readonly add?: readonly string[]; readonly history?: boolean }): Promise<Authored>
  begin(it: {
    readonly conversation: string
    readonly kind: 'direct' | 'group'
    readonly people: readonly string[]
    readonly history: History
  }): Promise<Begun>
  /** Sends it; the same bytes may be sent again. Returns where it is: a direct conversation may have been there already. */
  sendBegun(it: Begun): Promise<{ readonly info: Info; readonly created: boolean }>
  /** Sends an epoch by itself. Throws Stop `stale-epoch` when another came first: it has to be made again, with another secret. */
  send(conversation: string, it: Authored): Promise<void>
  /** Signs that a person is removed, or may be added again. */
  remove(conversation: string, person: string, removed: boolean): Promise<void>
}

/** Everybody adds people; only who began it removes them or changes this rule. People always may leave. */
const groupRule = (founder: string): Governance => ({ add: 'members', remove: 'moderators', change: 'moderators', moderators: [founder] })
const directRule: Governance = { add: 'nobody', remove: 'nobody', change: 'nobody', moderators: [] }

/** The signing half of the conversations in `rooms`. */
export function openAuthor(parts: RoomParts, rooms: Rooms): Author {
  const { call, person, knowledge, ownDevice, now, headsOf } = parts
  const mine = (): Own => ownDevice.own() ?? stop('not-ready')
  const byMe = (own: Own) => ({ person, device: own.device.device })

  /** The newest facts, asked for anew: what is signed on them is judged by what is true now. */
  async function newestFacts(at: Room | null, people: readonly string[]): Promise<Facts> {
    await knowledge.refreshTrust()
    const known = await knowledge.people(people, true)
    for (const id of people) if (knowledge.isBroken(id)) stop('alarm')
    for (const it of known.values()) if (it.deviceLists.length === 0 || it.userKeys.length === 0) stop('no-keys')
    return factsAt(knowledge, at?.removals ?? [], people, Infinity)
  }

  /** Heads of devices that are listed now: what this device has seen, else what the epoch before carried. */
  async function heads(at: Room, prev: Epoch, facts: Facts): Promise<readonly Head[]> {
    const listed = new Set([...facts.people.values()].flatMap((it) => it.deviceList.body.devices.map((d) => d.device)))
    const found = new Map([...prev.heads, ...(await headsOf(at.id))].map((h) => [h.device, h]))
    return [...found.values()].filter((h) => listed.has(h.device))
  }

  async function made(
    prev: Statement<Epoch> | null,
    body: EpochBody,
    facts: Facts,
    add: Partial<Static<typeof EpochUpload>>,
  ): Promise<Authored> {
    const own = mine()
    const it = await authorEpoch({ body, publicKeys: publicKeysOf(facts), device: own.device })
    const verdict = mayFollow(prev, it.epoch, facts)
    if (!verdict.ok) return stop(verdict.refusal === 'may-not-add' ? 'may-not' : 'bad-epoch', verdict.refusal)
    return { upload: { ...uploadOf(it), ...add }, epoch: keptAs(it, own, now()) }
  }

  /** K_i of every earlier epoch whose own rule gives it to newcomers, for each of these people. */
  async function historyFor(
    at: Room,
    people: readonly string[],
    facts: Facts,
  ): Promise<NonNullable<Static<typeof EpochUpload>['history']>> {
    const { keys } = mine()
    const seals: { n: number; person: string; seal: string }[] = []
    for (const { statement, n, authorKey, via, seal, history } of at.epochs) {
      const given = via === 'member' ? seal : history
      if (statement.body.history !== 'all' || !via || !given) continue
      const entry = statement.body.roster.find((it) => it.person === person)
      for (const newcomer of people) {
        const to = facts.people.get(newcomer)?.userKey.body
        if (!to) continue
        // A history seal does not say which of my keys it was made to.
        for (const box of via === 'member' && entry ? [boxOf(keys, entry.keyId)] : keys.boxes.toReversed()) {
          const made = await sealHistory({ epoch: statement, authorKey, box, via, seal: given, newcomer: to }).catch(unlessCrypto)
          if (!made) continue
          seals.push({ n, person: newcomer, seal: toBase64url(made) })
          break
        }
      }
    }
    return seals
  }

  async function next(id: string, step: { readonly add?: readonly string[]; readonly history?: boolean } = {}): Promise<Authored> {
    const at = await rooms.catchUp(id)
    const prev = at.bad ? stop('alarm') : (at.epochs.at(-1)?.statement ?? stop('cannot-open'))
    const { add = [] } = step
    const facts = await newestFacts(at, [...new Set([...namedIn(prev), ...add, person])])
    const plan: Step = { author: byMe(mine()), time: now(), heads: await heads(at, prev.body, facts), add }
    const body = planned(() => planEpoch(prev, plan, facts))
    const history = step.history === true ? await historyFor(at, add, facts) : []
    return made(prev, body, facts, history.length > 0 ? { history } : {})
  }

  return {
    next,
    async begin({ conversation, kind, people, history }) {
      const members = [...new Set([person, ...people])]
      const facts = await newestFacts(null, members)
      const beginning: Beginning = {
        organisation: mine().organisation,
        conversation,
        author: byMe(mine()),
        time: now(),
        members,
        addressed: [],
        governance: kind === 'direct' ? directRule : groupRule(person),
        history,
      }
      return {
        conversation,
        kind,
        authored: await made(
          null,
          planned(() => planFirstEpoch(beginning, facts)),
          facts,
          {},
        ),
      }
    },
    async sendBegun({ conversation, kind, authored }) {
      const answer = await must(call(createConversation, { body: { conversation, kind, epoch: authored.upload } }))
      await rooms.addRoom(answer.conversation)
      if (answer.created || answer.conversation.conversation === conversation) await rooms.adopt(conversation, authored.epoch)
      return { info: answer.conversation, created: answer.created }
    },
    async send(conversation, it) {
      await must(call(addEpoch, { params: { conversation }, body: it.upload }))
      await rooms.adopt(conversation, it.epoch)
    },
    async remove(conversation, whom, removed) {
      const at = await rooms.catchUp(conversation)
      const newest = at.epochs.at(-1) ?? stop('cannot-open')
      const { organisation, device } = mine()
      const about = (it: Statement<Removal>) => it.body.conversation === conversation && it.body.person === whom
      const prev = at.removals.findLast((it) => about(it.statement))?.statement ?? null
      if (prev?.body.removed === removed) return
      const statement = await signStatement(
        removals,
        {
          ...after(prev, organisation, now()),
          person: whom,
          conversation,
          epoch: newest.n,
          removed,
          exclude: false,
          author: byMe(mine()),
        },
        device.signing,
      )
      const answer = await call(removePerson, { body: { removal: toBase64url(encodeStatement(statement)) } })
      if (!answer.ok) stop(answer.code === 'bad-statement' ? 'may-not' : answer.code)
    },
  }
}

/** What the facts do not allow is a refusal, not a crash. */
function planned(work: () => EpochBody): EpochBody {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw new Stop('bad-epoch', thrown.code)
    throw thrown
  }
}

const unlessCrypto = (thrown: unknown): null => {
  if (thrown instanceof CryptoError) return null
  throw thrown
}

const uploadOf = (it: AuthoredEpoch): Static<typeof EpochUpload> => ({
  statement: toBase64url(encodeStatement(it.epoch)),
  members: toBase64url(encodeMemberSeals(it.members)),
  recipients: toBase64url(encodeRecipientSeals(it.recipients)),
})

/** My own epoch as I keep it: I know that its seals are right. */
const keptAs = (it: AuthoredEpoch, own: Own, at: number): KnownEpoch => ({
  n: it.epoch.body.version,
  statement: it.epoch,
  at,
  moment: at,
  authorKey: own.device.signing.publicKey,
  seal: it.members.find((seal) => seal.person === own.person)?.seal ?? null,
  history: null,
  root: it.root,
  via: 'member',
  candidates: [{ person: own.person, seals: encodeRecipientSeals(it.recipients) }],
  check: 'good',
  own: null,
  told: false,
  reported: false,
})
