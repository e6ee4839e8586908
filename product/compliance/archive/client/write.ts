import {
  after,
  encodeStatement,
  equal,
  fromBase64url,
  keyIdOf,
  opening,
  parse,
  reasonHash,
  signStatement,
  toBase64url,
} from '@wardline/crypto'
import type { BoxPublicKey, DeviceKeys, Scope } from '@wardline/crypto'
import type { Static, TakesOf } from '@wardline/platform/contract'
import type { approveOpening, Request, requestOpening } from '../contract.ts'
import { refuseOpening } from './refused.ts'

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

/** Who approves, on which device, which request as the list shows it. `time` in ms. */
export interface NewApproval {
  readonly person: string
  readonly device: DeviceKeys
  readonly asked: Pick<Static<typeof Request>, 'request' | 'requester' | 'opening' | 'reason' | 'salt' | 'scope'>
  readonly time: number
}

/**
 * Signs a second officer's approval: the statement after the request, over the same. What the list shows must be what was signed, else it is
 * refused: `untrusted` OpeningRefused. Whether the request's own signature holds is judged by the server and again offline.
 */
export async function writeApproval({ person, device, asked, time }: NewApproval): Promise<TakesOf<typeof approveOpening>> {
  const request = parse(opening, fromBase64url(asked.opening))
  const { body } = request
  const shown = (it: Scope) => `${it.conversation} ${it.from} ${it.to}`
  const scope = new Set(asked.scope.map(shown))
  if (
    body.request !== asked.request ||
    body.author.person !== asked.requester ||
    !equal(body.reasonHash, reasonHash(asked.reason, fromBase64url(asked.salt))) ||
    body.scope.length !== asked.scope.length ||
    !body.scope.every((it) => scope.has(shown(it)))
  )
    refuseOpening('untrusted', 'What is shown of this request is not what the officer signed. Nothing was approved.')
  const author = { person, device: device.device }
  const statement = await signStatement(opening, { ...body, ...after(request, body.organisation, time), author }, device.signing)
  return { approval: toBase64url(encodeStatement(statement)) }
}
