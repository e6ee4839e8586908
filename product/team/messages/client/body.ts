import { utf8 } from '@wardline/crypto'
import type { Bytes } from '@wardline/crypto'
import type { Content, NewBody } from './types.ts'

/** The kind that a text message's header names. */
export const TEXT_KIND = 'text'

/** What goes into the padded body: canonical JSON (fixed order of members, no spaces) of a body in NFC and well-formed UTF-16. */
export const encodeBody = (body: NewBody): Bytes => utf8(JSON.stringify({ v: 1, kind: TEXT_KIND, text: tidy(body.text) }))

/** The text as it is sealed. */
export const tidy = (text: string): string => text.toWellFormed().normalize('NFC')

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads an opened body; what this version does not know is named, never shown as something else. */
export function decodeBody(kind: string, body: Uint8Array): Content {
  try {
    const it = JSON.parse(DECODER.decode(body)) as { v?: unknown; kind?: unknown; text?: unknown } | null
    if (kind === TEXT_KIND && it?.v === 1 && it.kind === TEXT_KIND && typeof it.text === 'string') return { is: 'text', text: it.text }
  } catch {
    // Not JSON: a later version may seal other bytes.
  }
  return { is: 'newer', kind }
}
