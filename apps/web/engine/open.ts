import { carryOutOrders, connectEngine, type PageStart, type TeamPage } from '@wardline/product/team/messages/client'
import { engineUrl, policy } from './policy.ts'

/** Starts the device's engine of a person in its own worker. */
export const openEngine = (start: PageStart): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline' }), start)

/** While nobody is signed in: wipes this browser's devices that were reported as lost. */
export const obeyOrders = (): void =>
  carryOutOrders(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline orders' }))
