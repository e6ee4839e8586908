import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { canonicalJson, monthOf } from '@wardline/platform/server'
import type { KeyLedger } from '@wardline/platform/server'
import { consentKeyMade } from '../contract.ts'
import type { PortableReceipt, ReceiptDocument } from '../contract.ts'
import { insertKey, newestKey } from './queries.ts'

/** A receipt's content, as it is signed. */
export type Document = Static<typeof ReceiptDocument>

/** What stands before the signed text, so that the key's signatures mean this and nothing else. */
const label = Buffer.from('wardline consent receipt 1\n')
const contextOf = (version: number) => `consent_key|${version}`

/** What signs receipts. */
export interface Signer {
  readonly version: number
  sign(document: Document): { readonly text: Buffer; readonly signature: Buffer; readonly hash: Buffer }
}

/** The organisation's signer; its key is made when the first receipt is. */
export async function signerOf(tx: Tx, keys: KeyLedger): Promise<Signer> {
  const row = (await newestKey(tx)) ?? (await makeKey(tx, keys))
  const x = row.public_key.toString('base64url')
  const seed = keys.open(tx.org, row.data_key, row.sealed, contextOf(row.version))
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d: seed.toString('base64url') }, format: 'jwk' })
  seed.fill(0)
  return {
    version: row.version,
    sign: (document) => {
      const text = canonicalJson(document)
      return { text, signature: sign(null, Buffer.concat([label, text]), key), hash: createHash('sha256').update(text).digest() }
    },
  }
}

async function makeKey(tx: Tx, keys: KeyLedger) {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const publicKey = Buffer.from(x!, 'base64url')
  const box = await keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, Buffer.from(d!, 'base64url'), contextOf(1))
  if (await insertKey(tx, { version: 1, publicKey, ...box }))
    tx.announce(consentKeyMade, { key: 'consent-key', payload: { version: 1, publicKey: publicKey.toString('base64url') } })
  // Another transaction may have been first: its key counts.
  return (await newestKey(tx))!
}

/** Whether this text was signed with this key (Ed25519, RFC 8032). */
export function isSigned(text: Buffer, signature: Buffer, publicKey: Buffer): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' })
  return verify(null, Buffer.concat([label, text]), key, signature)
}

/**
 * Checks a receipt without a server: the text is signed with the key that it carries, and that key is one that the reader trusts
 * (the log has each key's making). Returns what it says, or undefined.
 */
export function verifyReceipt(receipt: Static<typeof PortableReceipt>, trusted: readonly string[]): Document | undefined {
  if (receipt.format !== 'wardline-consent-receipt-1' || !trusted.includes(receipt.publicKey)) return undefined
  const text = Buffer.from(receipt.document, 'utf8')
  const signature = Buffer.from(receipt.signature, 'base64url')
  // One signature has one spelling: what is not canonical base64url (RFC 4648 section 3.5) was changed by somebody.
  if (signature.toString('base64url') !== receipt.signature) return undefined
  if (!isSigned(text, signature, Buffer.from(receipt.publicKey, 'base64url'))) return undefined
  return JSON.parse(receipt.document) as Document
}
