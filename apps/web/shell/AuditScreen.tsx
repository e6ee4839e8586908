import { AuditPage } from '@wardline/product/compliance/audit/web'
import { paths } from '../paths.ts'
import type { ScreenProps } from '../screen.ts'

/** The audit log. */
export const AuditScreen = ({ search }: ScreenProps) => <AuditPage before={search['before']} hrefBefore={(before) => paths.audit(before)} />
