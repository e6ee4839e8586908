import { Bytes, Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

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
