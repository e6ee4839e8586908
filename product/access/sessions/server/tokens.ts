import { createHash, randomBytes } from 'node:crypto'

/** A bearer secret as its holder carries it, and what is stored of it. */
export interface Token {
  /** 64 characters of base64url: the organisation's 16 bytes, so that the right rows are looked at, then 256 random bits. */
  readonly text: string
  /** SHA-256 of the whole. */
  readonly hash: Buffer
}

/** A new secret for this organisation. */
export function newToken(org: string): Token {
  const bytes = Buffer.concat([Buffer.from(org.replaceAll('-', ''), 'hex'), randomBytes(32)])
  return { text: bytes.toString('base64url'), hash: hashOf(bytes) }
}

/** The organisation and hash of a presented secret; null for anything that is none. */
export function readToken(text: string | undefined): { readonly org: string; readonly hash: Buffer } | null {
  if (text === undefined || !/^[A-Za-z0-9_-]{64}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64url')
  const hex = bytes.toString('hex', 0, 16)
  const org = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return { org, hash: hashOf(bytes) }
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
