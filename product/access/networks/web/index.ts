/** The web door of networks: from where the organisation is administered and its records opened. */
export { AdministrationElsewhere, Elsewhere, useAdministersElsewhere, useElsewhere } from './Elsewhere.tsx'
export { Networks } from './Networks.tsx'
export { RecordNetworks } from './RecordNetworks.tsx'
