import { Bytes, Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { bases, channels, receiptKinds, scopes, sources, warningVersions } from './words.ts'

export { bases, channels, receiptKinds, scopes, sources, warnings, warningVersions } from './words.ts'
export type { Basis, Channel, ReceiptKind, Scope, Source, WarningVersion } from './words.ts'

/** What a patient agreed to be written about. */
export const ScopeWord = OneOf(...scopes)
/** The way. */
export const ChannelWord = OneOf(...channels)
/** What the consent rests on. */
export const BasisWord = OneOf(...bases)
const WarningWord = OneOf(...warningVersions)
const Hash = Bytes(32, 32)

/** How a patient said that a consent ends. */
export const ToldHow = OneOf('spoken', 'written', 'phone', 'email', 'other')

/**
 * A receipt as it is signed, before it becomes canonical JSON (sorted members, NFC, whole numbers). The signature is Ed25519 (RFC 8032)
 * over the bytes of `wardline consent receipt 1\n` and the canonical JSON. `number` is E.164.
 */
export const ReceiptDocument = Shape({
  version: Type.Literal(1),
  organisation: Shape({ id: Id, name: Text(200) }),
  receipt: Id,
  kind: OneOf(...receiptKinds),
  /** Null: the stop or resumption holds for the number, whoever has it. */
  patient: Type.Union([Id, Type.Null()]),
  number: Text(16),
  scopes: List(ScopeWord, 3),
  channels: List(ChannelWord, 5),
  basis: Type.Union([BasisWord, Type.Null()]),
  /** The text that was read out or signed: its version and SHA-256. */
  warning: Type.Union([Shape({ version: Text(40), hash: Hash }), Type.Null()]),
  /** For imports and intake: what stands behind it. */
  attestation: Type.Union([Text(500), Type.Null()]),
  told: Type.Union([ToldHow, Type.Null()]),
  source: Type.Union([OneOf(...sources), Type.Null()]),
  revokes: Type.Union([Id, Type.Null()]),
  recordedBy: Type.Union([Id, Type.Null()]),
  recordedAt: Moment,
  expiresAt: Type.Union([Moment, Type.Null()]),
})

/** A receipt that anybody can check without this server: the signed text, the signature and the key. */
export const PortableReceipt = Shape({
  format: Type.Literal('wardline-consent-receipt-1'),
  /** The canonical JSON exactly as signed. */
  document: Text(8_000),
  signature: Bytes(64, 64),
  publicKey: Bytes(32, 32),
})

const ReceiptLine = Shape({
  receipt: Id,
  kind: OneOf(...receiptKinds),
  number: Id,
  scopes: List(ScopeWord, 3),
  basis: Type.Union([BasisWord, Type.Null()]),
  recordedAt: Moment,
  recordedBy: Type.Union([Id, Type.Null()]),
  expiresAt: Type.Union([Moment, Type.Null()]),
  source: Type.Union([OneOf(...sources), Type.Null()]),
  revokes: Type.Union([Id, Type.Null()]),
})

/** Why a consent cannot be recorded as asked. */
export const grantFailures = {
  'basis-too-weak': {
    status: 422,
    what: 'Marketing needs a signed consent, and clinical content one that was read out or signed; a number given at intake covers visits only.',
    next: 'Nothing was recorded. Read out the script or have it signed, or leave the wider purpose out.',
  },
  'warning-missing': {
    status: 422,
    what: 'A consent that was read out or signed names the warning text that the patient heard.',
    next: 'Nothing was recorded. Choose the text in the patient’s language.',
  },
  'attestation-missing': {
    status: 422,
    what: 'A consent from intake or an import says where it comes from.',
    next: 'Nothing was recorded. Add a sentence, for example "intake form of 3 March 2026".',
  },
  'expires-in-the-past': {
    status: 422,
    what: 'The consent would have ended already.',
    next: 'Nothing was recorded. Choose today or a later day, or none.',
  },
  'id-taken': {
    status: 409,
    what: 'This receipt id is in use for something else.',
    next: 'Nothing was recorded. Repeat it with a new id.',
  },
} as const

export const recordConsent = endpoint({
  name: 'patients.consent.record',
  method: 'POST',
  path: '/api/v1/patients/:patient/consents',
  summary: 'Records a patient’s consent for one number as a signed receipt; safe to repeat.',
  takes: Shape({
    receipt: Id,
    number: Id,
    scopes: Type.Array(ScopeWord, { minItems: 1, maxItems: 3, uniqueItems: true }),
    channels: Type.Array(ChannelWord, { minItems: 1, maxItems: 5, uniqueItems: true }),
    basis: BasisWord,
    warning: Type.Optional(WarningWord),
    attestation: Type.Optional(Text(500)),
    /** The last day, in the practice's zone. Without it the consent holds until it is revoked. */
    expiresOn: Type.Optional(Day),
  }),
  gives: Shape({ receipt: Id, hash: Hash }),
  fails: grantFailures,
})

export const revokeConsent = endpoint({
  name: 'patients.consent.revoke',
  method: 'POST',
  path: '/api/v1/patients/:patient/consents/:consent/revocation',
  summary: 'Ends a consent at once, by a signed receipt of its own; safe to repeat.',
  takes: Shape({ receipt: Id, told: ToldHow }),
  gives: Shape({ receipt: Id }),
  fails: { 'id-taken': grantFailures['id-taken'] },
})

export const recordOptOut = endpoint({
  name: 'patients.consent.opt-out',
  method: 'POST',
  path: '/api/v1/patients/:patient/numbers/:number/opt-out',
  summary: 'Stops every text to a number at once, however the patient said it. Only the phone itself can lift it (START).',
  takes: Shape({ receipt: Id, told: ToldHow }),
  gives: Shape({ receipt: Id }),
  fails: { 'id-taken': grantFailures['id-taken'] },
})

export const consentState = endpoint({
  name: 'patients.consent.state',
  method: 'GET',
  path: '/api/v1/patients/:patient/consents',
  summary: 'What is allowed now for each number and purpose, and every receipt behind it.',
  takes: Shape({}),
  gives: Shape({
    numbers: List(
      Shape({
        number: Id,
        optedOut: Type.Union([Shape({ at: Moment, source: OneOf(...sources) }), Type.Null()]),
        live: List(Shape({ scope: ScopeWord, channel: ChannelWord, receipt: Id, expiresAt: Type.Union([Moment, Type.Null()]) }), 15),
      }),
      50,
    ),
    receipts: List(ReceiptLine, 1_000),
  }),
  fails: {},
})

export const exportReceipt = endpoint({
  name: 'patients.consent.receipt',
  method: 'GET',
  path: '/api/v1/patients/:patient/consents/:consent',
  summary: 'One receipt in the form that the patient can keep and anybody can check.',
  takes: Shape({}),
  gives: PortableReceipt,
  fails: {},
})

export const consentRecorded = fact({
  kind: 'patients.consent.recorded',
  payload: Shape({
    receipt: Id,
    patient: Id,
    number: Id,
    scopes: List(ScopeWord, 3),
    channels: List(ChannelWord, 5),
    basis: BasisWord,
    hash: Hash,
  }),
  says: 'recorded a patient’s consent',
  bucket: 'patients',
})
export const consentRevoked = fact({
  kind: 'patients.consent.revoked',
  payload: Shape({ receipt: Id, revokes: Id, patient: Id, number: Id, hash: Hash }),
  says: 'recorded the end of a patient’s consent',
  bucket: 'patients',
})
export const optedOut = fact({
  kind: 'patients.opted-out',
  payload: Shape({ receipt: Id, number: Id, patients: List(Id, 100), source: OneOf(...sources), hash: Hash }),
  says: 'a number wants no more texts',
  bucket: 'patients',
})
export const resumed = fact({
  kind: 'patients.resumed',
  payload: Shape({ receipt: Id, number: Id, patients: List(Id, 100), hash: Hash }),
  says: 'a number takes texts again',
  bucket: 'patients',
})
export const consentKeyMade = fact({
  kind: 'patients.consent.key-made',
  payload: Shape({ version: Type.Integer({ minimum: 1 }), publicKey: Bytes(32, 32) }),
  says: 'made the key that signs consent receipts',
  bucket: 'audit',
})
