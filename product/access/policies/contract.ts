import { Bytes, Count, Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { appointedByAsker } from '@wardline/product/access/dual-control/contract'
import { settingNames } from './words.ts'

export { settings } from './words.ts'
export type { Setting } from './words.ts'

/** A vendor or partner in words that code asks for, e.g. `twilio`. */
export const Counterparty = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,39}$' })

/** The kinds of agreement: `baa` is a business associate agreement (45 CFR 164.504(e)). */
export const AgreementKind = OneOf('baa')

/** Switches for emergencies. On: what it names has stopped. */
export const SwitchName = OneOf('patient-texts-stopped')

const Agreement = Shape({
  id: Id,
  counterparty: Counterparty,
  kind: AgreementKind,
  startsOn: Day,
  endsOn: Type.Union([Day, Type.Null()]),
  active: Type.Boolean(),
})

export const archivePolicyInForce = endpoint({
  name: 'access.policies.archive',
  method: 'GET',
  path: '/api/v1/policies/archive',
  summary:
    'What a client needs to seal to the archive: the signed policy, the root’s public key and the root’s certificate of the directory key.',
  takes: Shape({}),
  gives: Shape({
    rootPublicKey: Bytes(32, 32),
    /** Statements as crypto's encodeStatement writes them. */
    directoryKeyStatement: Bytes(4_096),
    archivePolicyStatement: Bytes(65_536),
    version: Type.Integer({ minimum: 1 }),
  }),
  fails: {
    'no-archive': {
      status: 409,
      what: 'This organisation has no archive key yet, so nothing can be sealed to it.',
      next: 'No message was lost. An administrator runs "wardline init" or stores the signed archive policy; then it can be sent.',
    },
  },
})

export const listAgreements = endpoint({
  name: 'access.policies.agreements',
  method: 'GET',
  path: '/api/v1/policies/agreements',
  summary: 'Agreements with carriers and other vendors, newest first.',
  takes: Shape({}),
  gives: Shape({ agreements: List(Agreement, 500) }),
  fails: {},
})

export const recordAgreement = endpoint({
  name: 'access.policies.agreements.record',
  method: 'POST',
  path: '/api/v1/policies/agreements',
  summary: 'Records a signed agreement. Without an end it lasts until it is ended.',
  takes: Shape({ counterparty: Counterparty, kind: AgreementKind, startsOn: Day, endsOn: Type.Optional(Day) }),
  gives: Agreement,
  fails: {
    'no-such-day': {
      status: 422,
      what: 'The calendar has no such day.',
      next: 'Nothing was recorded. Correct the day.',
    },
    'ends-before-it-starts': {
      status: 422,
      what: 'The agreement would end before it starts.',
      next: 'Nothing was recorded. Correct the days.',
    },
  },
})

export const endAgreement = endpoint({
  name: 'access.policies.agreements.end',
  method: 'POST',
  path: '/api/v1/policies/agreements/:agreement/end',
  summary: 'Ends an agreement now: what needs it stops at once.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const readSwitches = endpoint({
  name: 'access.policies.switches',
  method: 'GET',
  path: '/api/v1/policies/switches',
  summary: 'The emergency switches that are on.',
  takes: Shape({}),
  gives: Shape({ on: List(Shape({ name: SwitchName, since: Moment, by: Type.Union([Id, Type.Null()]) }), 20) }),
  fails: {},
})

export const setSwitch = endpoint({
  name: 'access.policies.switches.set',
  method: 'POST',
  path: '/api/v1/policies/switches',
  summary: 'Puts an emergency switch on or off.',
  takes: Shape({ name: SwitchName, on: Type.Boolean(), reason: Text(500, 3) }),
  gives: Shape({}),
  fails: {},
})

export const agreementRecorded = fact({
  kind: 'access.policies.agreement-recorded',
  payload: Shape({
    agreement: Id,
    counterparty: Counterparty,
    kind: AgreementKind,
    startsOn: Day,
    endsOn: Type.Union([Day, Type.Null()]),
  }),
  says: 'recorded an agreement',
})

export const agreementEnded = fact({
  kind: 'access.policies.agreement-ended',
  payload: Shape({ agreement: Id, counterparty: Counterparty }),
  says: 'ended an agreement',
})

export const archivePolicyStored = fact({
  kind: 'access.policies.archive-policy-stored',
  payload: Shape({ version: Type.Integer({ minimum: 1 }), period: Id, statementHash: Bytes(32, 32) }),
  says: 'stored a signed archive policy',
})

export const organisationKeysStored = fact({
  kind: 'access.policies.organisation-keys-stored',
  payload: Shape({ rootPublicKey: Bytes(32, 32), directoryPublicKey: Bytes(32, 32), version: Type.Integer({ minimum: 1 }) }),
  says: 'stored the organisation’s root and directory keys',
})

export const switchSet = fact({
  kind: 'access.policies.switch-set',
  payload: Shape({ name: SwitchName, on: Type.Boolean(), reason: Text(500, 3) }),
  says: 'used an emergency switch',
})

/** The name of a figure of the security policy. */
export const SettingName = OneOf(...settingNames)

const Reason = Text(500, 10)
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])

const change = {
  change: Id,
  setting: SettingName,
  before: Count,
  value: Count,
  reason: Reason,
  proposedBy: Maybe(Id),
  proposedAt: Moment,
  state: OneOf('open', 'approved', 'refused', 'expired'),
  decidedBy: Maybe(Id),
  decidedAt: Maybe(Moment),
  /** Of an approved change: its number in the organisation's history, from 1. */
  version: Maybe(Count),
  /** Until when an exception allows a figure weaker than the floor. */
  exceptionUntil: Maybe(Moment),
  /** The earlier change that this one takes back. */
  takesBack: Maybe(Id),
}
/** A change of one figure: proposed by one person, decided by another; by nobody where there was nobody to ask, or where its three days passed. */
export const PolicyChange = Shape(change)

export const securityPolicy = endpoint({
  name: 'access.policies.security',
  method: 'GET',
  path: '/api/v1/policies/security',
  summary: 'Every figure of the security policy as it counts now, with what is proposed.',
  takes: Shape({}),
  gives: Shape({
    figures: List(Shape({ setting: SettingName, value: Count, weak: Type.Boolean(), last: Maybe(PolicyChange) }), 200),
    /** What is proposed, until when it waits, and whether the caller may approve it, or the sentence that says why not. */
    open: List(Shape({ ...change, expiresAt: Moment, decidable: Type.Union([Type.Literal(true), Text(200)]) }), 200),
    version: Count,
  }),
  fails: {},
})

export const policyHistory = endpoint({
  name: 'access.policies.security.history',
  method: 'GET',
  path: '/api/v1/policies/security/history',
  summary: 'Decided changes of the security policy, newest first: who proposed, who decided, when, why, from what to what.',
  takes: Shape({ setting: Type.Optional(SettingName) }),
  gives: Shape({ changes: List(PolicyChange, 500) }),
  fails: {},
})

export const proposeChange = endpoint({
  name: 'access.policies.security.propose',
  method: 'POST',
  path: '/api/v1/policies/security/changes',
  summary:
    'Proposes another figure. It counts when a second person has approved it; at once where there is nobody to ask, unless it is weaker than its floor.',
  takes: Shape({ setting: SettingName, value: Count, reason: Reason, exceptionUntil: Type.Optional(Moment) }),
  gives: PolicyChange,
  fails: {
    'out-of-range': {
      status: 422,
      what: 'This figure is outside of what can be set at all.',
      next: 'Nothing was proposed. Choose one within the range that the page shows.',
    },
    'needs-exception': {
      status: 422,
      what: 'This figure is weaker than the floor, and there is no exception with an end for it.',
      next: 'Nothing was proposed. Say until when the exception lasts, at most twelve months.',
    },
    'exception-too-long': {
      status: 422,
      what: 'An exception lasts twelve months at most.',
      next: 'Nothing was proposed. Choose an earlier end; it can be asked for again then.',
    },
    'no-change': {
      status: 409,
      what: 'This is the figure already.',
      next: 'Nothing was proposed, and nothing needs to be.',
    },
    'already-proposed': {
      status: 409,
      what: 'Another change of this figure waits for a decision.',
      next: 'Nothing was proposed. Have that one approved or refused first.',
    },
  },
})

const decisions = {
  'own-proposal': {
    status: 409,
    what: 'Nobody approves their own proposal.',
    next: 'The proposal waits. Ask another officer to approve it.',
  },
  'already-decided': {
    status: 409,
    what: 'This proposal was decided already.',
    next: 'Nothing was changed. Load the page again to see the decision.',
  },
  over: {
    status: 409,
    what: 'Nobody decided this proposal within three days, and it ended.',
    next: 'Nothing was changed. Propose it anew if it is still wanted.',
  },
  'asker-gone': {
    status: 409,
    what: 'Whoever proposed this has left, or may no longer propose it.',
    next: 'Nothing was changed. Refuse this proposal; then propose it anew, if it is still wanted.',
  },
  ...appointedByAsker,
} as const

export const approveChange = endpoint({
  name: 'access.policies.security.approve',
  method: 'POST',
  path: '/api/v1/policies/security/changes/:change/approve',
  summary: 'Approves a proposal of somebody else: it counts at once. Below the floor this signs the exception.',
  takes: Shape({}),
  gives: PolicyChange,
  fails: decisions,
})

export const refuseChange = endpoint({
  name: 'access.policies.security.refuse',
  method: 'POST',
  path: '/api/v1/policies/security/changes/:change/refuse',
  summary: 'Refuses a proposal, or takes one’s own back.',
  takes: Shape({}),
  gives: PolicyChange,
  fails: { 'already-decided': decisions['already-decided'], over: decisions.over },
})

export const takeBackChange = endpoint({
  name: 'access.policies.security.take-back',
  method: 'POST',
  path: '/api/v1/policies/security/changes/:change/take-back',
  summary: 'Proposes the figure that counted before a change. It too needs a second person.',
  takes: Shape({ reason: Reason, exceptionUntil: Type.Optional(Moment) }),
  gives: PolicyChange,
  fails: proposeChange.fails,
})

/** What a legal hold covers. */
export const HoldOf = OneOf('organisation', 'patient', 'person', 'conversation')

/** A legal hold: what it covers may not be erased. */
export const Hold = Shape({
  hold: Id,
  of: HoldOf,
  /** The organisation's own id where it covers everything. */
  subject: Id,
  matter: Text(200, 3),
  setBy: Maybe(Id),
  setAt: Moment,
  /** Who asked for its release; another person grants it, within three days. */
  releaseAskedBy: Maybe(Id),
  /** Until when a release that was asked for can be granted; null: none waits. */
  releaseUntil: Maybe(Moment),
  releasedBy: Maybe(Id),
  releasedAt: Maybe(Moment),
})

export const listHolds = endpoint({
  name: 'access.policies.holds',
  method: 'GET',
  path: '/api/v1/policies/holds',
  summary: 'Legal holds, open ones first.',
  takes: Shape({}),
  gives: Shape({ holds: List(Hold, 500) }),
  fails: {},
})

export const setHold = endpoint({
  name: 'access.policies.holds.set',
  method: 'POST',
  path: '/api/v1/policies/holds',
  summary: 'Sets a legal hold: from now on nothing of its subject is erased.',
  takes: Shape({ of: HoldOf, subject: Id, matter: Text(200, 3) }),
  gives: Shape({ hold: Id }),
  fails: {},
})

export const releaseHold = endpoint({
  name: 'access.policies.holds.release',
  method: 'POST',
  path: '/api/v1/policies/holds/:hold/release',
  summary: 'Asks for the release of a hold, or, as a second person, grants it within three days; after them it asks anew.',
  takes: Shape({}),
  gives: Shape({ released: Type.Boolean() }),
  fails: {
    'own-proposal': {
      status: 409,
      what: 'You asked for this release; another person grants it.',
      next: 'The hold stays. Ask another officer.',
    },
    'asker-gone': {
      status: 409,
      what: 'Whoever asked for this release has left, or may no longer ask for it.',
      next: 'The hold stays. Refuse this request; then ask anew, if the release is still wanted.',
    },
    ...appointedByAsker,
  },
})

export const refuseRelease = endpoint({
  name: 'access.policies.holds.refuse-release',
  method: 'POST',
  path: '/api/v1/policies/holds/:hold/release/refuse',
  summary: 'Refuses the release of a hold that somebody asked for, or takes one’s own request back: the hold stays.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const changeProposed = fact({
  kind: 'access.policies.change-proposed',
  payload: Shape({ change: Id, setting: SettingName, before: Count, value: Count, exceptionUntil: Maybe(Moment), reason: Reason }),
  says: 'proposed a change of the security policy',
})

export const changeApproved = fact({
  kind: 'access.policies.change-approved',
  payload: Shape({ change: Id, setting: SettingName, before: Count, value: Count, exceptionUntil: Maybe(Moment), version: Count }),
  says: 'approved a change of the security policy',
})

export const changeRefused = fact({
  kind: 'access.policies.change-refused',
  payload: Shape({ change: Id, setting: SettingName }),
  says: 'refused a change of the security policy, or took it back',
})

export const changeExpired = fact({
  kind: 'access.policies.change-expired',
  payload: Shape({ change: Id, setting: SettingName }),
  says: 'let three days pass without deciding on a change of the security policy',
})

export const exceptionEnded = fact({
  kind: 'access.policies.exception-ended',
  payload: Shape({ change: Id, setting: SettingName, value: Count }),
  says: 'an exception from the security policy ended: its floor counts again',
})

export const holdSet = fact({
  kind: 'access.policies.hold-set',
  payload: Shape({ hold: Id, of: HoldOf, subject: Id, matter: Text(200, 3) }),
  says: 'set a legal hold',
})

export const holdReleaseAsked = fact({
  kind: 'access.policies.hold-release-asked',
  payload: Shape({ hold: Id }),
  says: 'asked for the release of a legal hold',
})

export const holdReleaseRefused = fact({
  kind: 'access.policies.hold-release-refused',
  payload: Shape({ hold: Id }),
  says: 'refused to release a legal hold, or took the request back',
})

export const holdReleased = fact({
  kind: 'access.policies.hold-released',
  payload: Shape({ hold: Id }),
  says: 'released a legal hold',
})
