/** The web door of SCIM: the administrator's tokens. */
export { ScimTokens } from './ScimTokens.tsx'
