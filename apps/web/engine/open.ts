import { carryOutOrders, connectEngine, type PageStart, type TeamPage } from '@wardline/product/team/messages/client'
import { engineUrl, policy } from './policy.ts'

/** Starts the device's engine of a person in its own worker; at a shared workstation it keeps nothing here. */
export const openEngine = (person: string, station?: PageStart['station']): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline' }), {
    person,
    ...(station && { station }),
  })

/** While nobody is signed in: wipes this browser's devices that were reported as lost. */
export const obeyOrders = (): void =>
  carryOutOrders(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline orders' }))
