import { connectEngine, type TeamPage } from '@wardline/product/team/messages/client'
import { engineUrl, policy } from './policy.ts'

/** Starts the device's engine of a person in its own worker. */
export const openEngine = (person: string): TeamPage =>
  connectEngine(new Worker(policy.createScriptURL(engineUrl), { type: 'module', name: 'wardline' }), { person })
