import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { NIL_UUID, ZERO_HASH, newUuid, random } from './bytes.ts'
import type { Facts } from './facts.ts'
import { judgeEpoch, judgeRemoval, mayFollow } from './judge-epoch.ts'
import { EPOCH_AGE, EPOCH_MESSAGES, planEpoch, rekeyReasons } from './plan-epoch.ts'
import { changePerson } from './person.ts'
import { writeRoleKey } from './role-keys.ts'
import type { Epoch, EpochBody, RosterEntry } from './statements/epoch.ts'
import { draftEpoch } from './statements/epoch.ts'
import type { RecipientPolicy } from './statements/recipient-policy.ts'
import { recipientPolicy } from './statements/recipient-policy.ts'
import { archivePolicy } from './statements/archive-policy.ts'
import type { Removal } from './statements/removal.ts'
import type { Statement } from './statements/statement.ts'
import { after, draft, signStatement } from './statements/statement.ts'
import type { Clinic, Member } from './testing/clinic.ts'
import { T0, begin, firstBody, follow, openClinic, remove, updated, withPeople } from './testing/clinic.ts'

let clinic: Clinic
let facts: Facts
let ana: Member, ben: Member, cat: Member, dan: Member, rolf: Member

beforeAll(async () => {
  clinic = await openClinic(5)
  ;[ana, ben, cat, dan, rolf] = clinic.people as [Member, Member, Member, Member, Member]
  const demands: RecipientPolicy['demands'] = [
    { kind: 'role', subject: clinic.role, when: 'always' },
    { kind: 'target', subject: dan.person, when: 'addressed' },
  ]
  const policy = { ...after(clinic.facts.recipientPolicy, clinic.organisation, T0), demands }
  facts = { ...clinic.facts, recipientPolicy: await signStatement(recipientPolicy, policy, clinic.root) }
  clinic = { ...clinic, facts }
})

// The judgement is about what a statement says, so most statements here need no seals and no signature.
const epochOf = (body: EpochBody): Statement<Epoch> => draftEpoch(body, ZERO_HASH)
const first = (members: readonly Member[], change: Partial<EpochBody> = {}) => epochOf(firstBody(clinic, members, change))
type Move = Omit<Parameters<typeof planEpoch>[1], 'author' | 'time' | 'heads'>
const plan = (prev: Statement<Epoch>, by: Member, now: Facts, move: Move = {}): EpochBody =>
  planEpoch(prev, { heads: [], ...move, author: { person: by.person, device: by.device.device }, time: T0 }, now)
const judge = (prev: Statement<Epoch> | null, body: EpochBody, now: Facts) => {
  const verdict = mayFollow(prev, epochOf(body), now)
  return verdict.ok ? verdict.act : verdict.refusal
}
const entryFor = (body: EpochBody, who: Member): RosterEntry => body.roster.find((r) => r.person === who.person) as RosterEntry
const without = (body: EpochBody, who: Member) => body.roster.filter((r) => r.person !== who.person)
const withRemoval = (now: Facts, ...removals: readonly Statement<Removal>[]): Facts => ({
  ...now,
  removals: [...now.removals, ...removals],
})
const isOpenTo = (body: EpochBody, who: Member) => body.roster.some((r) => r.person === who.person)

describe('a first epoch', () => {
  it('begins a conversation with exactly the recipients that the policy demands', () => {
    const body = firstBody(clinic, [ana, ben])
    expect(judge(null, body, facts)).toBe('first')
    expect(body.recipients.map((r) => r.kind).toSorted()).toEqual(['archive', 'role'])
    expect(judge(null, { ...body, recipients: body.recipients.slice(1) }, facts)).toBe('recipients-differ')
    const stranger = { kind: 'target', subject: ben.person, keyId: random(32) } as const
    expect(judge(null, { ...body, recipients: [...body.recipients, stranger] }, facts)).toBe('recipients-differ')
    const key = body.recipients.map((r) => (r.kind === 'archive' ? { ...r, keyId: random(32) } : r))
    expect(judge(null, { ...body, recipients: key }, facts)).toBe('recipients-differ')
  })

  it('may be addressed to whom the policy allows', () => {
    const target = { kind: 'target', subject: dan.person, keyId: entryFor(firstBody(clinic, [dan]), dan).keyId } as const
    const body = firstBody(clinic, [ana])
    expect(judge(null, { ...body, recipients: [...body.recipients, target] }, facts)).toBe('first')
    expect(judge(null, { ...body, recipients: [...body.recipients, { ...target, subject: cat.person }] }, facts)).toBe('recipients-differ')
  })

  it('is refused with a wrong number, author, mark, removal, old policy or old keys', () => {
    const body = firstBody(clinic, [ana, ben])
    expect(judge(null, { ...body, version: 2 }, facts)).toBe('not-next')
    expect(judge(null, { ...body, prev: random(32) }, facts)).toBe('not-next')
    expect(judge(null, { ...body, roster: without(body, ana) }, facts)).toBe('author-not-member')
    expect(judge(null, { ...body, archivePolicy: 0 }, facts)).toBe('stale-policy')
    expect(judge(null, { ...body, recipientPolicy: 1 }, facts)).toBe('stale-policy')
    expect(judge(null, { ...body, removals: [random(32)] }, facts)).toBe('removal-missing')
    const mark = [{ role: clinic.role, generation: 1, since: 1 }]
    expect(judge(null, { ...body, roster: body.roster.map((r) => ({ ...r, mark })) }, facts)).toBe('wrong-mark')
    const eligible = firstBody(clinic, [rolf])
    expect(judge(null, eligible, facts)).toBe('first')
    expect(judge(null, { ...eligible, roster: eligible.roster.map((r) => ({ ...r, mark })) }, facts)).toBe('wrong-mark')
    expect(judge(null, { ...body, roster: body.roster.map((r) => ({ ...r, keyId: random(32) })) }, facts)).toBe('stale-user-key')
    expect(judge(null, { ...body, roster: body.roster.map((r) => ({ ...r, deviceList: random(32) })) }, facts)).toBe('stale-device-list')
  })

  it('refuses a ghost person, whom nobody has introduced', () => {
    const body = firstBody(clinic, [ana, ben])
    const ghost = { ...entryFor(body, ben), person: newUuid() }
    expect(judge(null, { ...body, roster: [...body.roster, ghost] }, facts)).toBe('stale-user-key')
  })
})

describe('a re-key', () => {
  it('follows exactly its predecessor in its own conversation', () => {
    const prev = first([ana, ben])
    const next = plan(prev, ben, facts)
    expect(judge(prev, next, facts)).toBe('rekey')
    expect(judge(prev, { ...next, version: 3 }, facts)).toBe('not-next')
    expect(judge(prev, { ...next, prev: random(32) }, facts)).toBe('not-next')
    expect(judge(prev, { ...next, conversation: newUuid() }, facts)).toBe('another-conversation')
    expect(judge(prev, { ...next, organisation: newUuid() }, facts)).toBe('another-conversation')
    expect(judge(prev, { ...plan(prev, cat, facts), roster: next.roster }, facts)).toBe('author-not-member')
    const winner = epochOf({ ...next, time: T0 + 1 })
    expect(judge(winner, next, facts)).toBe('not-next')
  })

  it('carries no change of the law, of the recipients or of the exclusions with it', () => {
    const prev = first([ana, ben])
    const next = plan(prev, ben, facts)
    expect(judge(prev, { ...next, history: 'from-join' }, facts)).toBe('may-not-change')
    expect(judge(prev, { ...next, governance: { ...next.governance, add: 'nobody' } }, facts)).toBe('may-not-change')
    expect(judge(prev, { ...next, governance: { ...next.governance, moderators: [ben.person] } }, facts)).toBe('may-not-change')
    expect(judge(prev, { ...next, excluded: [cat.person] }, facts)).toBe('wrong-exclusions')
    expect(judge(prev, { ...next, recipients: next.recipients.slice(1) }, facts)).toBe('recipients-differ')
    const byModerator = plan(prev, ana, facts, { change: { history: 'from-join' }, add: [cat.person] })
    expect(judge(prev, byModerator, facts)).toBe('mixed-acts')
    expect(judge(prev, plan(prev, ana, facts, { change: { history: 'from-join' } }), facts)).toBe('change')
    const addressed = [{ kind: 'target', subject: dan.person }] as const
    expect(judge(prev, plan(prev, ana, facts, { change: { addressed } }), facts)).toBe('change')
    expect(judge(prev, plan(prev, ben, facts, { change: { addressed } }), facts)).toBe('may-not-change')
    const notAllowed = { change: { addressed: [{ kind: 'target', subject: cat.person }] } } as const
    expect(() => plan(prev, ana, facts, notAllowed)).toThrow(expect.objectContaining({ code: 'refused-epoch' }))
  })

  it('keeps the chain heads of everybody who stays', async () => {
    const head = { device: ben.device.device, envelope: random(32) }
    const prev = first([ana, ben], { heads: [head] })
    const next = plan(prev, ana, facts)
    expect(judge(prev, next, facts)).toBe('lost-head')
    expect(judge(prev, { ...next, heads: [{ ...head, envelope: random(32) }] }, facts)).toBe('rekey')
    const now = withRemoval(facts, await remove(clinic, ana, ben, prev))
    expect(judge(prev, plan(prev, ana, now), now)).toBe('members')
  })
})

describe('who may add', () => {
  it('is decided by the governance of the epoch before, and nobody comes in unadded', () => {
    for (const [add, byAna, byBen] of [
      ['members', 'members', 'members'],
      ['moderators', 'members', 'may-not-add'],
      ['administrators', 'members', 'may-not-add'],
      ['nobody', 'may-not-add', 'may-not-add'],
    ] as const) {
      const governance = { add, remove: 'nobody', change: 'nobody', moderators: [ana.person] } as const
      const prev = first([ana, ben], { governance })
      expect(judge(prev, plan(prev, ana, facts, { add: [cat.person] }), facts), add).toBe(byAna)
      expect(judge(prev, plan(prev, ben, facts, { add: [cat.person] }), facts), add).toBe(byBen)
    }
  })
})

describe('a removal', () => {
  it('needs an entitled author', async () => {
    const prev = first([ana, ben, cat])
    const may = async (by: Member, of: Member, change: Partial<Removal> = {}, where: Statement<Epoch> | null = prev) =>
      judgeRemoval((await remove(clinic, by, of, where, change)).body, prev.body, facts)
    expect(await may(ana, cat)).toBe(true)
    expect(await may(ben, cat)).toBe(false)
    expect(await may(cat, cat)).toBe(true)
    expect(await may(dan, cat)).toBe(false)
    expect(await may(ana, cat, {}, null)).toBe(true)
    expect(await may(ben, cat, {}, null)).toBe(false)
    expect(await may(cat, cat, {}, null)).toBe(true)
    expect(await may(cat, cat, { removed: false }, null)).toBe(false)
    expect(await may(cat, cat, { removed: false })).toBe(false)
    expect(await may(ben, cat, { removed: false })).toBe(true)
    expect(await may(ana, cat, { epoch: 2 })).toBe(false)
    expect(await may(ana, cat, { conversation: newUuid() })).toBe(false)
    const prevOfOthers = first([ben, cat])
    const byHr = (await remove(clinic, dan, cat, prevOfOthers)).body
    expect(judgeRemoval(byHr, prevOfOthers.body, { ...facts, hr: new Set([dan.person]) })).toBe(true)
  })

  it('by the directory’s hand is from everywhere at once, and the hand takes back only what it has signed itself', async () => {
    const prev = first([ana, ben, cat])
    const hands = { ...facts, hands: new Set([dan.person]) }
    const out = await remove(clinic, dan, cat, null)
    expect(judgeRemoval(out.body, null, hands)).toBe(true)
    expect(judgeRemoval(out.body, null, facts)).toBe(false)
    // Of one conversation it decides nothing: neither who is out of it nor who may come in.
    expect(judgeRemoval((await remove(clinic, dan, cat, prev)).body, prev.body, hands)).toBe(false)
    expect(judgeRemoval((await remove(clinic, dan, cat, prev, { removed: false })).body, prev.body, hands)).toBe(false)
    const back = (over: Statement<Removal>) =>
      judgeRemoval(
        { ...over.body, ...after(over, clinic.organisation, T0), removed: false, author: out.body.author },
        null,
        withRemoval(hands, over),
      )
    expect(back(out)).toBe(true)
    expect(back(await remove(clinic, ana, cat, null))).toBe(false)
    expect(judgeRemoval({ ...out.body, removed: false }, null, withRemoval(hands, await remove(clinic, ana, cat, null)))).toBe(false)
    // Nor does it make somebody else's removal its own by another one over it.
    const byAna = await remove(clinic, ana, cat, null)
    const over = { ...byAna.body, ...after(byAna, clinic.organisation, T0), removed: true, author: out.body.author }
    expect(judgeRemoval(over, null, withRemoval(hands, byAna))).toBe(false)
    // It is no administrator: nobody is added by it.
    const adds = { ...plan(prev, ana, hands, { add: [dan.person] }), author: out.body.author }
    expect(judge(prev, adds, hands)).toBe('may-not-take-over')
  })

  it('is carried out by whoever writes next, and by nobody without it', async () => {
    const prev = first([ana, ben, cat])
    const now = withRemoval(facts, await remove(clinic, ana, cat, prev))
    const next = plan(prev, ben, now)
    expect(judge(prev, next, now)).toBe('members')
    expect(isOpenTo(next, cat)).toBe(false)
    expect(judge(prev, { ...next, removals: [] }, now)).toBe('removal-missing')
    expect(judge(prev, { ...next, removals: [random(32)] }, now)).toBe('removal-missing')
    expect(judge(prev, { ...next, removals: [...next.removals, random(32)] }, now)).toBe('removal-missing')
    expect(judge(prev, plan(prev, ben, facts), now)).toBe('removed-person')
    expect(judge(prev, { ...plan(prev, ben, facts), roster: without(plan(prev, ben, facts), cat) }, facts)).toBe('removal-missing')
    expect(rekeyReasons(prev.body, now, unused, T0)).toEqual(['removal'])
  })

  it('stops the removed member from writing the next epoch, whatever it says', async () => {
    const prev = first([ana, ben, cat])
    const now = withRemoval(facts, await remove(clinic, ana, cat, prev))
    expect(judge(prev, plan(prev, cat, facts), now)).toBe('removed-person')
    expect(judge(prev, plan(prev, cat, now), now)).toBe('author-not-member')
    const throwsOut = { ...plan(prev, cat, facts), roster: without(plan(prev, cat, facts), ana) }
    expect(judge(prev, throwsOut, facts)).toBe('removal-missing')
  })

  it('also ends being a target of escalations', async () => {
    const addressed = [{ kind: 'target', subject: dan.person }] as const
    const prev = epochOf(plan(first([ana, ben]), ana, facts, { change: { addressed } }))
    expect(prev.body.recipients.length).toBe(3)
    const now = withRemoval(facts, await remove(clinic, ana, dan, null))
    expect(rekeyReasons(prev.body, now, unused, T0)).toEqual(['role'])
    const next = plan(prev, ben, now)
    expect(next.recipients.some((r) => r.kind === 'target')).toBe(false)
    expect(judge(prev, next, now)).toBe('rekey')
    expect(judge(prev, { ...next, recipients: prev.body.recipients }, now)).toBe('recipients-differ')
  })

  it('for all conversations keeps the person out of each, and is lifted only by a later statement', async () => {
    const prev = first([ana, ben])
    const gone = await remove(clinic, ana, cat, null)
    const now = withRemoval(facts, gone)
    expect(judge(prev, plan(prev, ana, now, { add: [cat.person] }), now)).toBe('removed-person')
    const lifted = await remove(clinic, ana, cat, null, { ...after(gone, clinic.organisation, T0), removed: false })
    const later = withRemoval(facts, lifted)
    expect(judge(prev, plan(prev, ana, later, { add: [cat.person] }), later)).toBe('members')
  })
})

describe('a takeover', () => {
  const takeover = () => ({ takeover: clinic.role })

  it('lets an eligible person in, marked, with nobody online', () => {
    const prev = first([ana, ben])
    const next = plan(prev, rolf, facts, takeover())
    expect(judge(prev, next, facts)).toBe('takeover')
    expect(entryFor(next, rolf).mark).toEqual([{ role: clinic.role, generation: 1, since: 2 }])
    expect(judge(epochOf(next), plan(epochOf(next), rolf, facts), facts)).toBe('rekey')
  })

  it('is refused to the ineligible, the excluded, a manager, and for a role that the epoch is not sealed to', () => {
    const prev = first([ben, cat])
    expect(judge(prev, plan(prev, dan, facts, takeover()), facts)).toBe('wrong-mark')
    expect(judge(prev, plan(prev, ana, facts, takeover()), facts)).toBe('wrong-mark')
    const excluding = first([ben, cat], { excluded: [rolf.person] })
    expect(judge(excluding, plan(excluding, rolf, facts, takeover()), facts)).toBe('may-not-take-over')
    const closed = first([ben, cat], { recipients: firstBody(clinic, [ben]).recipients.filter((r) => r.kind === 'archive') })
    expect(judge(closed, plan(closed, rolf, facts, takeover()), facts)).toBe('may-not-take-over')
    const unmarked = plan(prev, rolf, facts, { add: [rolf.person] })
    expect(judge(prev, unmarked, facts)).toBe('may-not-take-over')
  })

  it('changes one thing only', () => {
    const prev = first([ana, ben])
    const next = plan(prev, rolf, facts, takeover())
    expect(judge(prev, plan(prev, rolf, facts, { ...takeover(), add: [cat.person] }), facts)).toBe('may-not-take-over')
    expect(judge(prev, { ...next, history: 'from-join' }, facts)).toBe('may-not-take-over')
    expect(judge(prev, { ...next, excluded: [ana.person] }, facts)).toBe('may-not-take-over')
    expect(judge(prev, { ...next, roster: without(next, ben) }, facts)).toBe('removal-missing')
    const wrong = (mark: RosterEntry['mark']) => next.roster.map((r) => (r.person === rolf.person ? { ...r, mark } : r))
    expect(judge(prev, { ...next, roster: wrong([{ role: clinic.role, generation: 2, since: 2 }]) }, facts)).toBe('wrong-mark')
    expect(judge(prev, { ...next, roster: wrong([{ role: clinic.role, generation: 1, since: 1 }]) }, facts)).toBe('may-not-take-over')
    expect(judge(prev, { ...next, roster: wrong([{ role: newUuid(), generation: 1, since: 2 }]) }, facts)).toBe('wrong-mark')
    const other = { ...next, author: { person: ana.person, device: ana.device.device } }
    expect(judge(prev, other, facts)).toBe('wrong-mark')
  })

  it('is barred by a removal that excludes, spared by an older one that does not, and ended by a later one', async () => {
    const prev = first([ana, ben, rolf])
    const plain = withRemoval(facts, await remove(clinic, ana, rolf, prev))
    const gone = epochOf(plan(prev, ana, plain))
    expect(gone.body.excluded).toEqual([])
    const back = epochOf(plan(gone, rolf, plain, takeover()))
    expect(judge(gone, back.body, plain)).toBe('takeover')
    const again = withRemoval(facts, await remove(clinic, ana, rolf, back))
    expect(judge(back, plan(back, rolf, plain), again)).toBe('removed-person')

    const excluding = withRemoval(facts, await remove(clinic, ana, rolf, prev, { exclude: true }))
    const barred = epochOf(plan(prev, ana, excluding))
    expect(barred.body.excluded).toEqual([rolf.person])
    expect(judge(prev, { ...plan(prev, ana, excluding), excluded: [] }, excluding)).toBe('mixed-acts')
    expect(judge(barred, plan(barred, rolf, excluding, takeover()), excluding)).toBe('removed-person')
    expect(judge(barred, plan(barred, rolf, facts, takeover()), facts)).toBe('may-not-take-over')
    const readded = plan(barred, ana, facts, { add: [rolf.person] })
    expect(judge(barred, readded, facts)).toBe('members')
    expect(readded.excluded).toEqual([])
  })

  it('ends when the role is lost, and goes on with a mark of the new generation when it is not', async () => {
    const prev = first([ana, ben])
    const taken = epochOf(plan(prev, rolf, facts, takeover()))
    const roleInput = {
      organisation: clinic.organisation,
      role: clinic.role,
      time: T0,
      author: { person: ana.person, device: ana.device, boxes: ana.keys.boxes },
      prev: facts.roles.get(clinic.role)!,
      managers: [ana.known],
    }
    const lost = { ...facts, roles: new Map([[clinic.role, await writeRoleKey({ ...roleInput, eligible: [cat.known] })]]) }
    expect(rekeyReasons(taken.body, lost, unused, T0)).toEqual(['role'])
    expect(judge(taken, plan(taken, ana, facts), lost)).toBe('wrong-mark')
    const next = plan(taken, ana, lost)
    expect(isOpenTo(next, rolf)).toBe(false)
    expect(judge(taken, next, lost)).toBe('members')
    expect(judge(taken, plan(taken, rolf, lost), lost)).toBe('author-not-member')

    const regained = await writeRoleKey({ ...roleInput, prev: lost.roles.get(clinic.role)!, eligible: [rolf.known] })
    const now = { ...facts, roles: new Map([[clinic.role, regained]]) }
    expect(regained.body.generation).toBe(3)
    const kept = plan(taken, rolf, now)
    expect(entryFor(kept, rolf).mark).toEqual([{ role: clinic.role, generation: 3, since: 2 }])
    expect(judge(taken, kept, now)).toBe('rekey')
    expect(judge(taken, { ...kept, roster: [...without(kept, rolf), entryFor(taken.body, rolf)] }, now)).toBe('wrong-mark')
    expect(judge(taken, { ...kept, recipients: taken.body.recipients }, now)).toBe('recipients-differ')
    expect(judge(epochOf(next), plan(epochOf(next), rolf, facts, takeover()), now)).toBe('wrong-mark')
  })

  it('becomes ordinary membership only by who may add', () => {
    const governance = { add: 'moderators', remove: 'nobody', change: 'nobody', moderators: [ana.person] } as const
    const prev = first([ana, ben], { governance })
    const taken = epochOf(plan(prev, rolf, facts, takeover()))
    const promote = (by: Member) => judge(taken, plan(taken, by, facts, { add: [rolf.person] }), facts)
    expect(promote(rolf)).toBe('may-not-add')
    expect(promote(ana)).toBe('members')
  })
})

const unused = { firstUsed: null, messages: 0, boundary: T0 + 1e9 } as const

describe('a new epoch is due', () => {
  it('by age, use, boundary and period', () => {
    const epoch = first([ana, ben]).body
    expect(rekeyReasons(epoch, facts, unused, T0)).toEqual([])
    expect(rekeyReasons(epoch, facts, { ...unused, firstUsed: T0 }, T0 + EPOCH_AGE - 1)).toEqual([])
    expect(rekeyReasons(epoch, facts, { ...unused, firstUsed: T0 }, T0 + EPOCH_AGE)).toEqual(['age'])
    expect(rekeyReasons(epoch, facts, { ...unused, messages: EPOCH_MESSAGES }, T0)).toEqual(['messages'])
    expect(rekeyReasons(epoch, facts, { ...unused, boundary: T0 }, T0)).toEqual(['boundary'])
    expect(rekeyReasons(epoch, facts, { ...unused, boundary: 2e13 }, facts.archivePolicy.body.until)).toEqual(['policy'])
  })

  it('when a device was revoked, and an old signed policy does not come back', async () => {
    const prev = first([ana, ben])
    const change = { time: T0, removeDevices: [ben.device.device] }
    const made = await changePerson(ben.stored, { by: 'factor', factor: ben.passkey }, change)
    const stored = { ...ben.stored, ...made, userKeys: [...ben.stored.userKeys, made.userKey!], identities: ben.stored.identities }
    const now = withPeople(facts, updated(ben, made.keys, stored))
    expect(rekeyReasons(prev.body, now, unused, T0)).toEqual(['user-key'])
    expect(judge(prev, plan(prev, ana, facts), now)).toBe('stale-user-key')
    expect(judge(prev, plan(prev, ana, now), now)).toBe('rekey')
    const newer = { ...facts.archivePolicy.body, ...after(facts.archivePolicy, clinic.organisation, T0) }
    const policy = { ...facts, archivePolicy: draft(archivePolicy, newer) }
    expect(rekeyReasons(prev.body, policy, unused, T0)).toEqual(['policy'])
    expect(judge(prev, plan(prev, ana, facts), policy)).toBe('stale-policy')
  })
})

describe('a planned epoch', () => {
  it('is always one that may follow', async () => {
    const people = [ana, ben, cat, dan, rolf]
    const removals = await Promise.all(people.map((p) => remove(clinic, ana, p, first([ana]))))
    const move = fc.record({ by: fc.nat(4), add: fc.subarray([1, 2, 3]), gone: fc.nat(4), dice: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 8 }), (moves) => {
        let prev = first([ana, ben])
        let now = facts
        for (const { by, add, gone, dice } of moves) {
          const author = people[by] as Member
          const statement = removals[gone] as Statement<Removal>
          const inside = isOpenTo(prev.body, author)
          if (dice === 0 && gone > 0) {
            const body = { ...statement.body, conversation: NIL_UUID, epoch: 0 }
            now = { ...now, removals: [...now.removals.filter((r) => r.body.person !== body.person), { ...statement, body }] }
          } else if (dice === 1) {
            now = { ...now, removals: now.removals.filter((r) => r.body.person !== statement.body.person) }
          }
          const barred = (i: number) => now.removals.some((r) => r.body.person === people[i]?.person)
          if (barred(by)) continue
          const add1 = add.filter((i) => !barred(i) && !isOpenTo(prev.body, people[i] as Member)).map((i) => (people[i] as Member).person)
          const takes = !inside && author === rolf
          if (!inside && !takes) continue
          const body = plan(prev, author, now, takes ? { takeover: clinic.role } : dice > 2 ? { add: add1 } : {})
          const verdict = mayFollow(prev, epochOf(body), now)
          expect(verdict).toMatchObject({ ok: true })
          prev = epochOf(body)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('counts only with the signature of its author’s listed device', async () => {
    const made = await begin(clinic, [ana, ben])
    expect(await judgeEpoch(null, made.epoch, facts)).toEqual({ ok: true, act: 'first' })
    const next = await follow(made.epoch, ben, facts)
    expect(await judgeEpoch(made.epoch, next.epoch, facts)).toEqual({ ok: true, act: 'rekey' })
    await expect(judgeEpoch(made.epoch, { ...next.epoch, signatures: [] }, facts)).rejects.toMatchObject({ code: 'bad-signature' })
    const asAna = { ...next.epoch, body: { ...next.epoch.body, author: made.epoch.body.author } }
    await expect(judgeEpoch(made.epoch, asAna, facts)).rejects.toMatchObject({ code: 'bad-signature' })
    const ghost = { ...next.epoch, body: { ...next.epoch.body, author: { person: ben.person, device: newUuid() } } }
    await expect(judgeEpoch(made.epoch, ghost, facts)).rejects.toMatchObject({ code: 'not-entitled' })
  })
})
