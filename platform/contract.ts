/** The pure door: what contracts and rules of features may import. No node, no DOM, no clock. */
export { Type } from 'typebox'
export type { Static, TSchema } from 'typebox'
export * from './contract/text.ts'
export * from './contract/endpoint.ts'
export * from './contract/fact.ts'
export * from './contract/client.ts'
export * from './contract/check.ts'
