import { connectEngine, type TeamPage } from '@wardline/product/team/messages/client'
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
const policy = (globalThis as { trustedTypes?: Policies }).trustedTypes?.createPolicy('wardline-worker', rules) ?? rules

/** Starts the device's engine of a person in its own worker. */
export const openEngine = (person: string): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(workerUrl), { type: 'module', name: 'wardline' }), { person })

/** Lets the page be opened again without a connection: its own files only, nothing of what people wrote. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register(policy.createScriptURL(offlineUrl), { scope: '/' }).catch(() => undefined)
}
