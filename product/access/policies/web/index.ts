/** The web door of policies: the figures of the security policy. */
export { SecurityPolicy } from './SecurityPolicy.tsx'
