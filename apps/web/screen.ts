import type { Me } from '@wardline/product/access/provisioning/web'
import type { Action } from '@wardline/product/access/roles/preview'
import type { ComponentType, Ref } from 'react'

/** A place of the rail. */
export type Place = 'inbox' | 'patients' | 'audit' | 'oversight' | 'settings'

/** What every screen is given: what the address says, and nothing else. */
export type ScreenProps = {
  readonly params: Readonly<Record<string, string>>
  readonly search: Readonly<Record<string, string | undefined>>
  /** Where R puts the focus. */
  readonly composerRef: Ref<HTMLTextAreaElement>
}

/** One screen of the staff application. */
export type Screen = {
  readonly path: string
  readonly place: Place
  /** Who may open it; whoever may not does not see its place either. The server decides again. */
  readonly may?: (me: Me) => boolean
  /** What all of it administers, so that outside the networks for administration one calm page stands in its place. */
  readonly administers?: Action
  readonly main: ComponentType<ScreenProps>
  /** The column beside it. */
  readonly list?: ComponentType<ScreenProps>
  readonly listLabel?: string
  /** Details, opened and closed by `pane` in the address. */
  readonly side?: ComponentType<ScreenProps>
  readonly sideLabel?: string
  /** On a phone this screen is its list. */
  readonly isList?: boolean
}
