import type { Bytes, Uuid } from '../bytes.ts'
import { ZERO_HASH, equal } from '../bytes.ts'
import type { Codec } from '../canonical.ts'
import { blob, choice, decode, encode, fixed, hash, number32, number64, set, struct, uuid } from '../canonical.ts'
import type { SigningKey } from '../ed25519.ts'
import { sign, verify } from '../ed25519.ts'
import { refuse } from '../errors.ts'
import { sha256 } from '../hash.ts'
import type { SignatureLabel } from '../labels.ts'

/** The kinds of statements and the label under which each is signed. */
export const LABEL_OF = {
  'directory-key': 'wl1 directory key',
  identity: 'wl1 identity',
  'device-list': 'wl1 device list',
  'user-key': 'wl1 user key',
  authority: 'wl1 authority',
  'role-key': 'wl1 role key',
  'archive-policy': 'wl1 archive policy',
  'recipient-policy': 'wl1 recipient policy',
  removal: 'wl1 removal',
  revocation: 'wl1 revocation',
  opening: 'wl1 opening',
  vault: 'wl1 vault',
  epoch: 'wl1 epoch',
} as const satisfies Record<string, SignatureLabel>
export type StatementKind = keyof typeof LABEL_OF

/** What every statement says about itself: version 1 of a subject has a zero `prev`, later ones the hash of the one before. Time in ms. */
export type Chained = {
  readonly organisation: Uuid
  readonly version: number
  readonly prev: Bytes
  readonly time: number
}

/** Who wrote a statement on which device. */
export type Author = { readonly person: Uuid; readonly device: Uuid }

/** One signature and the raw Ed25519 key it claims to be of; the claim means nothing until verified against a key one trusts. */
export type Signature = { readonly publicKey: Bytes; readonly signature: Bytes }

/** A statement as read or made. `subject` names its chain: one chain a subject, versions rising by one. */
export type Statement<T> = {
  readonly kind: StatementKind
  readonly subject: string
  readonly body: T
  readonly bytes: Bytes
  readonly hash: Bytes
  readonly signatures: readonly Signature[]
}

/** How one kind of statement is framed. */
export type Definition<T extends Chained> = {
  readonly kind: StatementKind
  readonly codec: Codec<T>
  readonly subject: (body: T) => string
}

const FORMAT = 1
const MAX_BYTES = 4_000_000

/** Fields shared by all statements, in their fixed order. */
export const chained = { organisation: uuid, version: number64, prev: hash, time: number64 } as const

/** The codec of an author. */
export const author: Codec<Author> = struct<Author>({ person: uuid, device: uuid })

const signature: Codec<Signature> = struct<Signature>({ publicKey: fixed(32), signature: fixed(64) })

/** Declares a kind: its canonical bytes are kind, format, then the body's fields. `of` lists what tells its subjects apart. */
export const define = <T extends Chained>(kind: StatementKind, body: Codec<T>, of: (body: T) => readonly string[]): Definition<T> => ({
  kind,
  subject: (value) => [kind, value.organisation, ...of(value)].join(':'),
  codec: {
    write: (out, value) => {
      choice(kind).write(out, kind)
      number32.write(out, FORMAT)
      body.write(out, value)
    },
    read: (input) => {
      choice(kind).read(input)
      if (number32.read(input) !== FORMAT) refuse('malformed', 'format of a statement')
      return body.read(input)
    },
  },
})

const whole = <T extends Chained>(definition: Definition<T>, body: T, bytes: Bytes, signatures: readonly Signature[]): Statement<T> => ({
  kind: definition.kind,
  subject: definition.subject(body),
  body,
  bytes,
  hash: sha256(bytes),
  signatures,
})

/** A statement without signatures yet; its body is what a reader will see. */
export const draft = <T extends Chained>(definition: Definition<T>, body: T): Statement<T> => {
  const bytes = encode(definition.codec, body)
  return whole(definition, decode(definition.codec, bytes), bytes, [])
}

/** Adds a signature over lp(label) and lp(hash of the canonical bytes). */
export const addSignature = async <T>(statement: Statement<T>, key: SigningKey): Promise<Statement<T>> => {
  const made = { publicKey: key.publicKey, signature: await sign(key.privateKey, LABEL_OF[statement.kind], statement.hash) }
  return { ...statement, signatures: [...statement.signatures.filter((s) => !equal(s.publicKey, key.publicKey)), made] }
}

type Carried = { readonly bytes: Bytes; readonly signatures: readonly Signature[] }
const carried: Codec<Carried> = struct<Carried>({ bytes: blob(MAX_BYTES), signatures: set(signature, 8) })

/** The one encoding in which a signed statement is stored and sent. */
export const encodeStatement = (statement: Statement<unknown>): Bytes => encode(carried, statement)

/** Splits a stored statement without looking into it. */
export const readCarried = (encoded: Uint8Array): Carried => decode(carried, encoded)

/** Reads a stored statement of one kind. Signatures are not verified here. Throws `malformed`. */
export const parse = <T extends Chained>(definition: Definition<T>, encoded: Uint8Array): Statement<T> => {
  const { bytes, signatures } = readCarried(encoded)
  return whole(definition, decode(definition.codec, bytes), bytes, signatures)
}

/** Whether the statement carries a valid signature of this key. */
export const isSignedBy = async (statement: Statement<unknown>, publicKey: Uint8Array): Promise<boolean> => {
  const found = statement.signatures.find((s) => equal(s.publicKey, publicKey))
  return found !== undefined && (await verify(publicKey, found.signature, LABEL_OF[statement.kind], statement.hash))
}

/** Refuses a statement that this key did not sign. Throws `bad-signature`. */
export const requireSignature = async (statement: Statement<unknown>, publicKey: Uint8Array): Promise<void> => {
  if (!(await isSignedBy(statement, publicKey))) refuse('bad-signature', statement.kind)
}

/** Refuses a statement that does not directly follow `prev` (null: that is not the first of its subject). Throws `bad-chain`. */
export const requireSuccession = <T extends Chained>(prev: Statement<T> | null, next: Statement<T>): void => {
  const follows = prev
    ? next.subject === prev.subject && next.body.version === prev.body.version + 1 && equal(next.body.prev, prev.hash)
    : next.body.version === 1 && equal(next.body.prev, ZERO_HASH)
  if (!follows) refuse('bad-chain', next.kind)
}

/** The chain fields of the statement after `prev`. */
export const after = (prev: Statement<Chained> | null, organisation: Uuid, time: number): Chained => ({
  organisation,
  version: prev ? prev.body.version + 1 : 1,
  prev: prev ? prev.hash : ZERO_HASH,
  time,
})

/** A statement of this body, signed by each of these keys. */
export const signStatement = async <T extends Chained>(
  definition: Definition<T>,
  body: T,
  ...keys: readonly SigningKey[]
): Promise<Statement<T>> => {
  let made = draft(definition, body)
  for (const key of keys) made = await addSignature(made, key)
  return made
}
