import type { Static } from '@wardline/platform/contract'
import type { Place } from '@wardline/product/access/sessions/rules'
import type { OidcSettings, SamlSettings } from '../contract.ts'

export type Oidc = Static<typeof OidcSettings>
export type Saml = Static<typeof SamlSettings>

/** A sign-in connection. */
export interface ConnectionRow {
  readonly connection: string
  readonly version: number
  readonly label: string
  readonly address: string
  readonly state: 'off' | 'on'
  readonly listed: boolean
  readonly first_link: boolean
  readonly settings: Oidc | Saml
  readonly data_key: string | null
  readonly sealed: Buffer | null
  readonly problem: string | null
  readonly problem_detail: string | null
  readonly problem_at: Date | null
  readonly worked_at: Date | null
}

/** A sign-in that has begun. */
export interface AttemptRow {
  readonly connection: string
  readonly version: number
  readonly purpose: 'sign-in' | 'link' | 'test'
  readonly person: string | null
  readonly place: Place
  /** The provider must have asked anew. */
  readonly fresh: boolean
  readonly data_key: string
  readonly sealed: Buffer
}
