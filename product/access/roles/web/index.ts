/** The web door of roles: who can do what, as a page. */
export { WhoCanWhat } from './WhoCanWhat.tsx'
