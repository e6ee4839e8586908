/** The web door of directory sync: feeds that stopped, and which roles the groups give. */
export { GroupRoles } from './GroupRoles.tsx'
