/** The web door of SSO: the sign-in page's offers, the way back, one's own links, and the administrator's connections. */
export { Connections } from './Connections.tsx'
export { LinkSso } from './LinkSso.tsx'
export { SsoOffers } from './SsoOffers.tsx'
export { SsoReturn } from './SsoReturn.tsx'
export type { Returned } from './SsoReturn.tsx'
