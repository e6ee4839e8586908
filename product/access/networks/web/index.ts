/** The web door of networks: from where the organisation is administered. */
export { Networks } from './Networks.tsx'
