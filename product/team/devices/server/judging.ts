import { CryptoError, equal, fromBase64url, isSignedBy, toBase64url, ZERO_HASH } from '@wardline/crypto'
import type { Bytes, Chained, DeviceList, Statement, Vault } from '@wardline/crypto'
import { Refusal } from '@wardline/platform/server'

/** Refusal `bad-statement`; the field names the check that failed. */
export const badStatement = (field: string): Refusal => new Refusal('bad-statement', { field })

/** Runs a judgement; what crypto refuses becomes `bad-statement`, with crypto's code as its field. */
export async function judged<T>(run: () => Promise<T> | T): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (thrown instanceof CryptoError) throw badStatement(thrown.code)
    throw thrown
  }
}

/** Bytes of a request's base64url text; Refusal `bad-statement` where it is not canonical. */
export const bytesOf = (text: string): Promise<Bytes> => judged(() => fromBase64url(text))

/** A hash as payloads and replies carry it. */
export const hashText = (hash: Uint8Array): string => toBase64url(hash)

/** Refusal `stale-version` unless `next` comes directly after `prev`: somebody else's change came first, or this one is a replay. */
export function requireNext<T extends Chained>(prev: Statement<T> | null, next: Statement<T>): void {
  const follows = prev
    ? next.body.version === prev.body.version + 1 && equal(next.body.prev, prev.hash)
    : next.body.version === 1 && equal(next.body.prev, ZERO_HASH)
  if (!follows) throw new Refusal('stale-version')
}

/** A vault entry of this person, signed by the present identity key, sealed to exactly the devices and factors of the present list. */
export async function judgeVault(next: Statement<Vault>, prev: Statement<Vault> | null, list: Statement<DeviceList>): Promise<void> {
  const { body } = next
  requireNext(prev, next)
  if (body.organisation !== list.body.organisation || body.person !== list.body.person) throw badStatement('wrong-subject')
  if (!equal(body.identity, list.body.identity) || !equal(body.deviceList, list.hash)) throw badStatement('stale')
  const holders = new Set([...list.body.devices.map((it) => it.device), ...list.body.factors.map((it) => it.factor)])
  if (body.seals.length !== holders.size || !body.seals.every((it) => holders.has(it.holder))) throw badStatement('vault-holders')
  if (!(await isSignedBy(next, list.body.identity))) throw badStatement('bad-signature')
}
