/** The web door of LDAP: the administrator's connection to the directory. */
export { LdapPanel } from './LdapPanel.tsx'
