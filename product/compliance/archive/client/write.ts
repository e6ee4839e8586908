import { after, encodeStatement, keyIdOf, opening, reasonHash, signStatement, toBase64url } from '@wardline/crypto'
import type { BoxPublicKey, DeviceKeys, Scope } from '@wardline/crypto'
import type { TakesOf } from '@wardline/platform/contract'
import type { requestOpening } from '../contract.ts'

/** What an officer asks for, on which device, with the box key that will get the message keys. `time` in ms. */
export interface NewOpening {
  readonly organisation: string
  readonly person: string
  readonly device: DeviceKeys
  readonly box: BoxPublicKey
  readonly request: string
  readonly scope: readonly Scope[]
  readonly reason: string
  readonly time: number
}

/** Signs a request to open the archive; the reason goes beside the statement, which names its salted hash only. */
export async function writeOpening(it: NewOpening): Promise<TakesOf<typeof requestOpening>> {
  const { request, scope, reason } = it
  const salt = crypto.getRandomValues(new Uint8Array(32))
  const author = { person: it.person, device: it.device.device }
  const body = {
    ...after(null, it.organisation, it.time),
    request,
    recipientKeyId: keyIdOf(it.box),
    scope,
    reasonHash: reasonHash(reason, salt),
    author,
  }
  const statement = await signStatement(opening, body, it.device.signing)
  return { opening: toBase64url(encodeStatement(statement)), reason, salt: toBase64url(salt) }
}
