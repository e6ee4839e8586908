import { installationOrg } from '@wardline/platform/server'

/** The organisation as a leaf names it: empty for the installation's own log. */
export const organisationInLeaf = (org: string): string => (org === installationOrg ? '' : org)

/** Name of an organisation's log, unique for each organisation of each installation (C2SP: origin). */
export const originOf = (installation: string, org: string): string => `wardline/${installation}/${org}`
