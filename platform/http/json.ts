import { isAscii } from 'node:buffer'
import { isSoundText } from '../facts/canonical-json.ts'
import { Refusal } from './refusal.ts'

/** Parses a JSON body; Refusal `bad-request` for malformed JSON, U+0000, lone surrogates, `__proto__` and nesting beyond 32. */
export function parseJson(raw: Buffer): unknown {
  if (raw.length === 0) return {}
  // Plain ASCII without a backslash holds no text that could be unsound, and is cheaper to read: nearly all frames of devices are of it.
  const plain = isAscii(raw) && !raw.includes(backslash)
  const text = raw.toString(plain ? 'latin1' : 'utf8')
  // Bytes that are not UTF-8 become U+FFFD when decoded; a body that has them did not come from a client of ours.
  if (!plain && text.includes('\uFFFD') && !raw.includes(Buffer.from('\uFFFD')))
    throw new Refusal('bad-request', { field: 'body (not UTF-8)' })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal('bad-request', { field: 'body (not JSON)' })
  }
  if (!plain || !isWellNamed(value, 0)) checkSound(value, 'body', 0)
  return value
}

const backslash = 0x5c

/** Of a value whose texts are sound: whether `checkSound` has nothing against its names and its depth. */
function isWellNamed(value: unknown, depth: number): boolean {
  if (depth > 32) return false
  if (value === null || typeof value !== 'object') return true
  if (Array.isArray(value)) return value.every((item) => isWellNamed(item, depth + 1))
  for (const key in value) if (key === '__proto__' || !isWellNamed((value as Record<string, unknown>)[key], depth + 1)) return false
  return true
}

/** Refuses text that could never be stored or signed, wherever it stands. Members are not named: nobody has looked yet whether a name is known. */
function checkSound(value: unknown, where: string, depth: number): void {
  if (depth > 32) throw new Refusal('bad-request', { field: `${where} (nested too deeply)` })
  if (typeof value === 'string') {
    if (!isSoundText(value)) throw new Refusal('bad-request', { field: `${where} (U+0000 or half of a surrogate pair)` })
  } else if (Array.isArray(value)) value.forEach((item, i) => checkSound(item, `${where}[${i}]`, depth + 1))
  else if (value !== null && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__' || !isSoundText(key)) throw new Refusal('bad-request', { field: `${where} (a member's name)` })
      checkSound(member, where, depth + 1)
    }
}
