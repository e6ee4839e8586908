import type { Bytes, Uuid } from './bytes.ts'
import type { Codec } from './canonical.ts'
import { encode, struct, uuid } from './canonical.ts'
import type { SigningKey } from './ed25519.ts'
import { sign, verify } from './ed25519.ts'
import { sha256 } from './hash.ts'

/** "This session of mine runs on this device." The session's id is the server's random challenge and is used once. */
export type SessionClaim = { readonly organisation: Uuid; readonly person: Uuid; readonly device: Uuid; readonly session: Uuid }

const claim: Codec<SessionClaim> = struct<SessionClaim>({ organisation: uuid, person: uuid, device: uuid, session: uuid })

/** An enrolled device proves to the server that it holds its key. */
export const signSession = (it: SessionClaim, key: SigningKey): Promise<Bytes> =>
  sign(key.privateKey, 'wl1 session', sha256(encode(claim, it)))

/** Whether this device key signed the claim. */
export const verifySession = (publicKey: Uint8Array, signature: Uint8Array, it: SessionClaim): Promise<boolean> =>
  verify(publicKey, signature, 'wl1 session', sha256(encode(claim, it)))
