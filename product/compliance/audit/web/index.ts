/** The web door of the audit log; only the staff application opens it. */
export { AuditPage } from './AuditPage.tsx'
