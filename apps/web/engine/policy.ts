import workerUrl from './worker.ts?worker&url'

type Rules = { readonly createScriptURL: (url: string) => string }
type Policies = { createPolicy: (name: string, rules: Rules) => Rules }

const offlineUrl = '/offline.js'

// The one Trusted Types policy of the page: it lets the two scripts of this build through and nothing else.
const allowed = new Set([workerUrl, offlineUrl].map((url) => new URL(url, location.origin).href))
const rules: Rules = {
  createScriptURL: (url) => {
    const { href } = new URL(url, location.origin)
    if (!allowed.has(href)) throw new TypeError('not a script of this application')
    return href
  },
}
/** Gives the address of one of the two scripts in the form that the browser takes. */
export const policy: Rules = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy('wardline-worker', rules) ?? rules

/** The script of the device's engine. */
export const engineUrl = workerUrl

/** Lets the page be opened again without a connection: its own files only, nothing of what people wrote. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register(policy.createScriptURL(offlineUrl), { scope: '/' }).catch(() => undefined)
}
