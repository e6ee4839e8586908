/** X-Twilio-Signature: who sent this webhook. Checked on the exact URL and the raw bytes, before anything is parsed for use. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Webhook } from '../contract.ts'
import { isSignature, mostFields, signedFields, signedUrls } from '../rules.ts'
import type { FormFields } from '../rules.ts'

/** Compares in a time that depends on the lengths only. */
const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A form's fields in order; undefined when the bytes are not UTF-8, too many fields, or the content type is not a form's. */
const readForm = (webhook: Webhook): FormFields | undefined => {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(webhook.contentType ?? '')) return undefined
  try {
    const fields = [...new URLSearchParams(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(webhook.rawBody))]
    return fields.length > mostFields ? undefined : fields
  } catch {
    return undefined
  }
}

/** The hash that Twilio puts into the URL of a webhook whose body is not a form; the first one counts. */
const bodyHash = (url: string): string | undefined => /[?&]bodySHA256=([0-9a-fA-F]*)/.exec(url)?.[1]?.toLowerCase()

/**
 * Checks a webhook's signature (HMAC-SHA1 under the auth token; "Validating requests" in Twilio's documentation).
 * Several tokens are accepted while one is being rotated. Returns the signed form (empty for a JSON body, which is
 * covered by bodySHA256), or undefined when the request is not Twilio's. Anybody can call a webhook: what cannot be signed by Twilio is
 * turned away before any hash is computed.
 */
export const verifyTwilioWebhook = (tokens: readonly string[], webhook: Webhook): FormFields | undefined => {
  const { signature } = webhook
  if (signature === undefined || !isSignature(signature) || tokens.some((token) => token === '')) return undefined
  const hash = bodyHash(webhook.url)
  const fields = hash === undefined ? readForm(webhook) : []
  if (fields === undefined) return undefined
  if (hash !== undefined && !sameText(hash, createHash('sha256').update(webhook.rawBody).digest('hex'))) return undefined
  const tail = signedFields(fields)
  const matches = tokens
    .flatMap((token) => signedUrls(webhook.url).map((url) => createHmac('sha1', token).update(url).update(tail, 'utf8').digest('base64')))
    .map((expected) => sameText(signature, expected))
  return matches.includes(true) ? fields : undefined
}
