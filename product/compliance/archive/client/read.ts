import {
  CryptoError,
  boxOf,
  equal,
  fromBase64url,
  openVault,
  openWithMessageKey,
  parse,
  parseRecoveryKey,
  readOpening,
  recoveryFactor,
  toBase64url,
  vault as vaults,
} from '@wardline/crypto'
import type { BoxKey, Envelope, MessageKey, StoredPerson, UnlockFactor } from '@wardline/crypto'
import { decodeBody } from '@wardline/product/team/messages/client'
import type { Content } from '@wardline/product/team/messages/client'
import type { Opened } from './open.ts'
import { refuseOpening } from './refused.ts'
import type { ExportedMessage, Fault, VerifiedExport } from './verify.ts'

/** A message for the officer to read. `faults` and `signature` say why it cannot be believed as it stands; it is shown all the same. */
export interface ReadMessage {
  readonly conversation: string
  readonly sequence: number
  readonly at: number
  readonly person: string
  readonly name: string
  readonly device: string
  readonly epoch: number
  /** `erased`: its retention has ended; `refused`: no key was given for it; `damaged`: its bytes are not what was sealed; `newer`: of a later version. */
  readonly is: 'text' | 'erased' | 'refused' | 'damaged' | 'newer'
  readonly text: string | null
  /** Why no key was given, in crypto's words. */
  readonly code: string | null
  readonly faults: readonly (Fault | 'signature')[]
}

/**
 * The officer's side: unlocks their box key with their recovery key and opens what the custodians opened for them. Throws OpeningRefused:
 * `bad-recovery-key`, `wrong-recovery-key`, `other-opening`.
 */
export async function readAsOfficer(it: VerifiedExport, opened: Opened, recoveryKey: string): Promise<readonly ReadMessage[]> {
  if (opened.request !== it.opening.body.request)
    refuseOpening('other-opening', 'These keys were opened for another request than this export. Nothing was read.')
  const box = await officerBox(it, recoveryKey)
  const keys = await keysOf(it, opened, box)
  const names = new Map(it.file.people.map(({ person, name }) => [person, name]))
  const codes = new Map(opened.refused.map(({ header, code }) => [header, code]))
  const read: ReadMessage[] = []
  for (const message of it.messages) read.push(await readOne(message, keys, names, codes))
  return read
}

async function officerBox(it: VerifiedExport, typed: string): Promise<BoxKey> {
  const { deviceLists, userKeys, identities } = it.requester
  const list = deviceLists.at(-1)?.statement
  if (!list) return refuseOpening('untrusted', 'The officer’s keys in this export do not verify. Nothing was read.')
  const stored: StoredPerson = {
    vault: parse(vaults, fromBase64url(it.file.vault)),
    deviceList: list,
    userKeys: userKeys.map((held) => held.statement),
    identities: identities.map((held) => held.statement),
  }
  try {
    const factor = await factorIn(stored, typed)
    return boxOf(await openVault(stored, { by: 'factor', factor }), it.opening.body.recipientKeyId)
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    if (thrown.code === 'bad-recovery-key')
      return refuseOpening(
        'bad-recovery-key',
        'This is no recovery key: a character is missing or wrong. Nothing was read. Compare it with the printed one.',
      )
    return refuseOpening(
      'wrong-recovery-key',
      'This recovery key does not open the keys of the officer who asked. Nothing was read. It must be the newest one of that officer.',
    )
  }
}

async function factorIn(stored: StoredPerson, typed: string): Promise<UnlockFactor> {
  const key = parseRecoveryKey(typed)
  for (const listed of stored.deviceList.body.factors) {
    if (listed.kind !== 'recovery') continue
    const factor = await recoveryFactor(listed.factor, key)
    if (equal(factor.signing.publicKey, listed.signKey)) return factor
  }
  throw new CryptoError('vault-pin', 'no factor of this key')
}

type KeyOf = (envelope: Envelope) => MessageKey | undefined

async function keysOf(it: VerifiedExport, opened: Opened, box: BoxKey): Promise<KeyOf> {
  try {
    const parts = await Promise.all(opened.parts.map((part) => readOpening(it.opening, box, fromBase64url(part))))
    return (envelope) => {
      for (const part of parts) {
        const key = part(envelope.headerHash)
        if (key) return key
      }
      return undefined
    }
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    return refuseOpening('other-opening', 'The opened keys are damaged, or were sealed to somebody else. Nothing was read.')
  }
}

async function readOne(
  { served, envelope, deviceKey, faults }: ExportedMessage,
  keyOf: KeyOf,
  names: ReadonlyMap<string, string>,
  codes: ReadonlyMap<string, string>,
): Promise<ReadMessage> {
  const { conversation, sequence, at, person, device, epoch } = served
  const base = { conversation, sequence, at, person, name: names.get(person) ?? person, device, epoch, text: null, code: null, faults }
  if (!envelope) return { ...base, is: served.envelope === null ? 'erased' : 'damaged' }
  const key = keyOf(envelope)
  if (!key) return { ...base, is: 'refused', code: codes.get(toBase64url(envelope.headerHash)) ?? 'no-key' }
  try {
    // Without a listed device nothing can vouch for it; the content opens all the same.
    const message = await openWithMessageKey(envelope, key, deviceKey ?? new Uint8Array(32))
    const content: Content = decodeBody(message.header.kind, message.body)
    const signed = message.standing === 'good' || deviceKey === null
    const seen = { ...base, faults: signed ? faults : [...faults, 'signature' as const] }
    return content.is === 'text' ? { ...seen, is: 'text', text: content.text } : { ...seen, is: 'newer' }
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    return { ...base, is: 'damaged', code: thrown.code }
  }
}
