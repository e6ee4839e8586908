import type { Static, TSchema } from 'typebox'

/** Which retention bucket's data key seals a fact's payload. */
export type Bucket = 'audit' | 'access' | 'team' | 'patients'

/** Something that happened, past tense, e.g. `team.escalation.acknowledged`. It is stored, numbered and audited. */
export interface FactKind<Payload extends TSchema = TSchema> {
  readonly kind: string
  readonly payload: Payload
  readonly bucket: Bucket
  /** How the audit viewer says it: a sentence without PHI. */
  readonly says: string
}

/** Declares a kind of fact. */
export function fact<const P extends TSchema>(it: { kind: string; payload: P; says: string; bucket?: Bucket }): FactKind<P> {
  return { bucket: 'audit', ...it }
}

export type PayloadOf<F> = F extends FactKind<infer P> ? Static<P> : never
