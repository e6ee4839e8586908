/** How the pretend Twilio signs its webhooks; written apart from the product's check, so that one cannot hide the other's error. */
import { createHmac } from 'node:crypto'

/**
 * The URL that is requested and signed: without connection overrides, and over https without port and credentials,
 * over http without credentials (Twilio, "Validating requests", notes).
 */
export const signedUrl = (configured: string): string => {
  const url = new URL(configured)
  url.hash = ''
  url.username = ''
  url.password = ''
  if (url.protocol === 'https:') url.port = ''
  return url.href
}

/** X-Twilio-Signature of a form post: base64 of HMAC-SHA1 over the URL and the sorted names and values. */
export const sign = (authToken: string, url: string, params: Readonly<Record<string, string | readonly string[]>>): string => {
  const hmac = createHmac('sha1', authToken).update(url)
  for (const name of Object.keys(params).sort()) {
    const value = params[name] ?? ''
    for (const one of typeof value === 'string' ? [value] : [...new Set(value)].sort()) hmac.update(name).update(one)
  }
  return hmac.digest('base64')
}
