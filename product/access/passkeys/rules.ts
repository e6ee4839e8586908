/** The figures of passkeys, as data (WebAuthn level 3; NIST SP 800-63B-4, 3.1.7 and appendix B). */
export const passkeyPolicy = {
  /** Minutes for which a challenge is good. */
  challengeMinutes: 5,
  /** Passkeys of one person at once. */
  most: 10,
  /** COSE algorithms that are taken: Ed25519, ES256, RS256. */
  algorithms: [-8, -7, -257],
} as const

/**
 * Whether passkeys can be used at this origin, and under which id. WebAuthn takes domains alone: at an IP address there are none.
 * Plain HTTP only at this machine itself.
 */
export function relyingPartyOf(origin: string): { readonly origin: string; readonly id: string } | null {
  const url = /^https?:\/\/([a-z0-9.-]+)(?::\d+)?$/.exec(origin)
  const id = url?.[1]
  if (id === undefined || /^[0-9.]+$/.test(id)) return null
  return origin.startsWith('https:') || id === 'localhost' ? { origin, id } : null
}

/**
 * What a signature counter says (WebAuthn level 3, 6.1.1). Authenticators that do not count send 0 always. One that does never goes back:
 * if it does, somebody has a copy of the key.
 */
export const judgeCounter = (stored: number, sent: number): 'fine' | 'copied' =>
  (stored === 0 && sent === 0) || sent > stored ? 'fine' : 'copied'

/** What an organisation asks of a person's passkeys. */
export interface PasskeyDemand {
  /** So many they should have; fewer is shown in red. */
  readonly required: number
  /** So many are asked for. */
  readonly asked: number
  /** Passkeys that their maker copies between devices do not count. */
  readonly deviceBound: boolean
}

/** From this many people on, a practice's officers need a second passkey. */
export const secondFrom = 15

/** What a person needs, by the kind of organisation, its size and their roles. Password and code work beside passkeys for everybody. */
export function demandOf(it: {
  readonly preset: 'practice' | 'hospital'
  readonly people: number
  readonly officer: boolean
}): PasskeyDemand {
  if (!it.officer) return { required: 0, asked: 1, deviceBound: false }
  if (it.preset === 'hospital') return { required: 2, asked: 2, deviceBound: true }
  return { required: it.people >= secondFrom ? 2 : 1, asked: 2, deviceBound: false }
}

/** Whether these passkeys meet a demand. */
export const meets = (demand: PasskeyDemand, passkeys: readonly { readonly maySync: boolean; readonly copied: boolean }[]): boolean =>
  passkeys.filter((it) => !it.copied && !(demand.deviceBound && it.maySync)).length >= demand.required
