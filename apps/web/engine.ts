import { connectEngine } from '@wardline/product/team/messages/client'
import type { TeamPage } from '@wardline/product/team/messages/client'
import workerUrl from './worker.ts?worker&url'

type Policy = { createScriptURL: (url: string) => string }
type Factory = { createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => Policy }

// The one Trusted Types policy of the page: it lets the two scripts of this build through and nothing else.
const allowed = new Set([new URL(workerUrl, location.origin).href, new URL('/offline.js', location.origin).href])
const rules = {
  createScriptURL: (url: string) => {
    const { href } = new URL(url, location.origin)
    if (!allowed.has(href)) throw new TypeError('not a script of this application')
    return href
  },
}
const policy: Policy = (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('wardline-worker', rules) ?? rules

/** Starts the device's engine in its own worker. */
export const openEngine = (person: string): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(workerUrl), { type: 'module', name: 'wardline' }), { person })

/** Lets the page be opened again without a connection: its own files only, nothing of what people wrote. */
export const keepOffline = async (): Promise<void> => {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  await navigator.serviceWorker.register(policy.createScriptURL('/offline.js'), { scope: '/' }).catch(() => undefined)
}
