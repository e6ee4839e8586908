import type { GivesOf, Static } from '@wardline/platform/contract'
import type { Assertion, beginPasskey, Challenge, NewCredential } from '../contract.ts'

/**
 * What the PRF of every passkey is asked with (WebAuthn level 3, 10.1.4). The same for everybody: what comes out is each passkey's own. It is
 * fixed here and not by the server, which must not choose what a passkey is asked.
 */
const prfInput = new TextEncoder().encode('wl1 vault prf')

type Extensions = { readonly prf?: { readonly enabled?: boolean; readonly results?: { readonly first?: BufferSource } } }

/** Whether passkeys can be used in this browser, at this address: they are of names, not of numbers. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && globalThis.isSecureContext && !/^[0-9.]+$|^\[/.test(location.hostname)

/** The 32 bytes of a PRF's result, or null. They never leave this browser. */
function prfOf(extensions: unknown): Uint8Array | null {
  const first = (extensions as Extensions).prf?.results?.first
  if (first === undefined) return null
  const bytes = ArrayBuffer.isView(first) ? new Uint8Array(first.buffer, first.byteOffset, first.byteLength) : new Uint8Array(first)
  return bytes.length === 32 ? bytes.slice() : null
}

const extensions = { prf: { eval: { first: prfInput } } } as never

/** A new passkey as the server takes it, and what opens the vault with it: at once, or after one more look (`askSecret`), or never (null). */
export interface MadePasskey {
  readonly credential: Static<typeof NewCredential>
  readonly prf: Uint8Array | null
  readonly hasPrf: boolean
}

/** Lets the person make a passkey. Null: they did not, or the browser could not. */
export async function makePasskey(it: GivesOf<typeof beginPasskey>): Promise<MadePasskey | null> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  try {
    const made = await startRegistration({
      optionsJSON: {
        challenge: it.challenge,
        rp: { id: it.relyingParty, name: 'Wardline' },
        user: { id: it.user.handle, name: it.user.name, displayName: it.user.displayName },
        pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key' as const, alg })),
        timeout: 300_000,
        attestation: 'none',
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        excludeCredentials: it.credentials.map((id) => ({ id, type: 'public-key' as const })),
        extensions,
      },
    })
    const prf = prfOf(made.clientExtensionResults)
    return {
      credential: {
        id: made.id,
        clientData: made.response.clientDataJSON,
        attestation: made.response.attestationObject,
        transports: (made.response.transports ?? []).slice(0, 8).map((word) => word.slice(0, 20)),
      },
      prf,
      hasPrf: prf !== null || (made.clientExtensionResults as Extensions).prf?.enabled === true,
    }
  } catch {
    return null
  }
}

/** What a passkey signed, for the server, and what its PRF gave, for this browser alone. */
export interface Answered {
  readonly assertion: Static<typeof Assertion>
  readonly prf: Uint8Array | null
}

/** Lets the person use a passkey. Null: they did not. */
export async function askPasskey(it: Static<typeof Challenge>): Promise<Answered | null> {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  try {
    const made = await startAuthentication({
      optionsJSON: {
        challenge: it.challenge,
        rpId: it.relyingParty,
        timeout: 300_000,
        userVerification: 'required',
        allowCredentials: it.credentials.map((id) => ({ id, type: 'public-key' as const })),
        extensions,
      },
    })
    const { response } = made
    return {
      assertion: {
        id: made.id,
        clientData: response.clientDataJSON,
        authenticatorData: response.authenticatorData,
        signature: response.signature,
        userHandle: response.userHandle ?? null,
      },
      prf: prfOf(made.clientExtensionResults),
    }
  } catch {
    return null
  }
}

/** Asks a passkey for what its PRF gives and for nothing else: what it signs is thrown away. */
export async function askSecret(it: { readonly id: string; readonly relyingParty: string }): Promise<Uint8Array | null> {
  const challenge = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  return (await askPasskey({ challenge, relyingParty: it.relyingParty, credentials: [it.id] }))?.prf ?? null
}
