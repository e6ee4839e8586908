import setUpUrl from '../set-up/ceremony-worker.ts?worker&url'
import workerUrl from './worker.ts?worker&url'

type Rules = { readonly createScriptURL: (url: string) => string }
type Policies = { createPolicy: (name: string, rules: Rules) => Rules }

const offlineUrl = '/offline.js'

// The one Trusted Types policy of the page: it lets the scripts of this build through and nothing else.
const allowed = new Set([workerUrl, setUpUrl, offlineUrl].map((url) => new URL(url, location.origin).href))
const rules: Rules = {
  createScriptURL: (url) => {
    const { href } = new URL(url, location.origin)
    if (!allowed.has(href)) throw new TypeError('not a script of this application')
    return href
  },
}
/** Gives the address of one of these scripts in the form that the browser takes. */
export const policy: Rules = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy('wardline-worker', rules) ?? rules

/** The script of the device's engine. */
export const engineUrl = workerUrl

/** The script of the key ceremony. */
export const ceremonyUrl = setUpUrl

/** Lets the page be opened again without a connection: its own files only, nothing of what people wrote. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register(policy.createScriptURL(offlineUrl), { scope: '/' }).catch(() => undefined)
}
