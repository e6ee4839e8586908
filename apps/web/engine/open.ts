import { carryOutOrders, connectEngine, type TeamPage } from '@wardline/product/team/messages/client'
import { engineUrl, policy } from './policy.ts'

/** Starts the device's engine of a person in its own worker. */
export const openEngine = (person: string): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline' }), { person })

/** While nobody is signed in: wipes this browser's devices that were reported as lost. */
export const obeyOrders = (): void =>
  carryOutOrders(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline orders' }))
