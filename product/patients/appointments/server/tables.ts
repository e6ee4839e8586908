import type { SealedColumns } from '@wardline/product/patients/roster/server'

export interface VisitRow extends SealedColumns {
  readonly visit: string
  readonly patient: string
  readonly starts_at: Date
  readonly state: 'booked' | 'cancelled'
}
