/** The door of access/scim: the organisation's directory, by SCIM 2.0. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { routesWith } from './routes.ts'

/** SCIM 2.0 (RFC 7643, RFC 7644). `publicOrigin`: where the directory reaches this server, without a trailing slash. */
export const scim = (ports: { readonly publicOrigin: () => string }): Feature => ({
  name: 'access/scim',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes: routesWith(ports.publicOrigin),
})
