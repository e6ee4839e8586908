import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { notify } from '@wardline/product/access/mfa/server'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import type { Assertion, NewCredential } from '../contract.ts'
import { passkeyCopied, passkeyRefused } from '../contract.ts'
import { judgeCounter, passkeyPolicy } from '../rules.ts'
import { lockPasskey, markCopied, markUsed } from './queries.ts'
import type { PasskeyRow } from './tables.ts'

/** Who we are to authenticators. */
export interface RelyingParty {
  readonly origin: string
  readonly id: string
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))

/** What a new passkey is, if it is one for this challenge, made here, by somebody whom the authenticator verified; else null. */
export async function verifyNew(rp: RelyingParty, challenge: string, it: Static<typeof NewCredential>) {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        id: it.id,
        rawId: it.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: it.clientData, attestationObject: it.attestation },
      },
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...passkeyPolicy.algorithms],
    })
    if (!verified || registrationInfo.credential.id !== it.id) return null
    return {
      credential_id: Buffer.from(it.id, 'base64url'),
      public_key: Buffer.from(registrationInfo.credential.publicKey),
      counter: registrationInfo.credential.counter,
      may_sync: registrationInfo.credentialDeviceType === 'multiDevice',
      synced: registrationInfo.credentialBackedUp,
    }
  } catch {
    return null
  }
}

/** Whether this passkey signed the challenge, here, for somebody whom it verified. The counter is judged by the caller. */
async function verifySigned(rp: RelyingParty, challenge: string, row: PasskeyRow, it: Static<typeof Assertion>) {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: it.id,
        rawId: it.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: it.clientData, authenticatorData: it.authenticatorData, signature: it.signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      credential: { id: it.id, publicKey: bytesOf(row.public_key.toString('base64url')), counter: 0 },
      requireUserVerification: true,
    })
    // Whether it may be copied never changes in the life of a passkey (WebAuthn level 3, 6.1.3).
    if (!verified || (authenticationInfo.credentialDeviceType === 'multiDevice') !== row.may_sync) return null
    return { counter: authenticationInfo.newCounter, synced: authenticationInfo.credentialBackedUp }
  } catch {
    return null
  }
}

/**
 * Whether an answer to `challenge` is of a passkey of this person, who is locked. It is marked as used then. A refusal is told to the log;
 * a counter that went back disables the passkey, so the caller must let the transaction commit.
 */
export async function judgeAssertion(
  tx: Tx,
  it: { rp: RelyingParty; challenge: string; person: string; active: boolean; assertion: Static<typeof Assertion> },
): Promise<boolean> {
  const row = await lockPasskey(tx, Buffer.from(it.assertion.id, 'base64url'))
  // A credential that nobody has here: there is nobody to tell it about.
  if (!row) return false
  const refused = (reason: 'signature' | 'copied' | 'disabled' | 'inactive' | 'not-theirs'): false => {
    tx.announce(passkeyRefused, { key: `person|${row.person}`, payload: { person: row.person, passkey: row.passkey, reason } })
    return false
  }
  if (row.person !== it.person) return refused('not-theirs')
  if (!it.active) return refused('inactive')
  if (row.copied_at !== null) return refused('disabled')
  const signed = await verifySigned(it.rp, it.challenge, row, it.assertion)
  if (!signed) return refused('signature')
  if (judgeCounter(row.counter, signed.counter) === 'copied') {
    await markCopied(tx, row.passkey)
    tx.announce(passkeyCopied, { key: `person|${row.person}`, payload: { person: row.person, passkey: row.passkey } })
    await notify(tx, row.person, 'passkey-copied')
    return refused('copied')
  }
  await markUsed(tx, row.passkey, signed)
  return true
}
