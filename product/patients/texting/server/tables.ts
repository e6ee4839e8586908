import type { SealedColumns } from '@wardline/product/patients/roster/server'
import type { CarrierStatus } from '@wardline/product/integrations/sms/contract'
import type { GateCode, Meaning, Purpose, TextState } from '../contract.ts'

export interface ChannelRow {
  readonly channel: string
  readonly carrier: string
  readonly number: string
  readonly practice_name: string
  readonly phone: string
}

export interface ThreadRow {
  readonly thread: string
  readonly number: string
  readonly patient: string | null
  readonly changed_at: Date
  readonly waiting_since: Date | null
  readonly last_inbound_at: Date | null
  readonly named_at: Date | null
}

export interface OutboundRow extends SealedColumns {
  readonly text: string
  readonly channel: string
  readonly thread: string
  readonly number: string
  readonly patient: string | null
  readonly purpose: Purpose
  readonly template: boolean
  readonly receipt: string | null
  readonly verification: string | null
  readonly stop: string | null
  readonly visit: string | null
  readonly created_at: Date
  readonly created_by: string | null
  readonly state: TextState
  readonly codes: GateCode[]
  readonly due_at: Date
  readonly use_by: Date | null
  readonly visit_at: Date | null
  readonly attempt: number
  readonly sent_at: Date | null
  readonly look_ups: number
  readonly absences: number
  readonly provider_id: string | null
  readonly delivery: CarrierStatus | null
  readonly problem: string | null
}

/** What is sealed of an outbound text: what was written, and what goes out. */
export interface OutboundContent {
  readonly draft: string
  readonly body: string
}

export interface InboundRow extends SealedColumns {
  readonly text: string
  readonly thread: string
  readonly at: Date
  readonly meaning: Meaning
  readonly media: number
}

export interface NewOutbound {
  readonly text: string
  readonly channel: string
  readonly thread: string
  readonly number: string
  readonly patient: string | null
  readonly purpose: Purpose
  readonly template: boolean
  readonly receipt: string | null
  readonly verification: string | null
  readonly stop: string | null
  readonly visit: string | null
  readonly visitAt: Date | null
  readonly dedupe: Buffer | null
  readonly state: 'held' | 'queued'
  readonly codes: readonly GateCode[]
  readonly dueAt: Date
  readonly useBy: Date | null
  readonly dataKey: string
  readonly sealed: Buffer
}

/** A row that the sweep found. */
export interface DueRow {
  readonly org: string
  readonly text: string
  readonly number: string
}
