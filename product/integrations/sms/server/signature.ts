/** X-Twilio-Signature: who sent this webhook. Checked on the exact URL and the raw bytes, before anything is parsed for use. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Webhook } from '../contract.ts'
import { signedUrls, twilioSignature } from '../rules.ts'
import type { FormFields } from '../rules.ts'

/** Compares in a time that depends on the lengths only. */
const sameText = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A form's fields in order; undefined when the bytes are not UTF-8 or the content type is not a form's. */
const readForm = (webhook: Webhook): FormFields | undefined => {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(webhook.contentType ?? '')) return undefined
  try {
    return [...new URLSearchParams(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(webhook.rawBody))]
  } catch {
    return undefined
  }
}

/** The hash that Twilio puts into the URL of a webhook whose body is not a form; the first one counts. */
const bodyHash = (url: string): string | undefined => /[?&]bodySHA256=([0-9a-fA-F]*)/.exec(url)?.[1]?.toLowerCase()

/**
 * Checks a webhook's signature (HMAC-SHA1 under the auth token; "Validating requests" in Twilio's documentation).
 * Several tokens are accepted while one is being rotated. Returns the signed form (empty for a JSON body, which is
 * covered by bodySHA256), or undefined when the request is not Twilio's.
 */
export const verifyTwilioWebhook = (tokens: readonly string[], webhook: Webhook): FormFields | undefined => {
  const hash = bodyHash(webhook.url)
  const fields = hash === undefined ? readForm(webhook) : []
  if (fields === undefined || webhook.signature === undefined || tokens.some((token) => token === '')) return undefined
  if (hash !== undefined && !sameText(hash, createHash('sha256').update(webhook.rawBody).digest('hex'))) return undefined
  const signature = webhook.signature
  const matches = tokens
    .flatMap((token) =>
      signedUrls(webhook.url).map((url) => createHmac('sha1', token).update(twilioSignature(url, fields), 'utf8').digest('base64')),
    )
    .map((expected) => sameText(signature, expected))
  return matches.includes(true) ? fields : undefined
}
