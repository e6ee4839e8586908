/**
 * What a device noticed that honest people and an honest server would not do. Closed.
 * `root`: the organisation's root is another one than pinned; `trust`: a statement about the organisation is missing, altered or not
 * signed by who must sign it; `person`: the same about a colleague's keys; `device`: a message or epoch came from a device that nobody
 * signed; `epoch`: an epoch does not follow by the conversation's own rule; `seals`: an author sealed something else to the archive or a role than what
 * they must; `cut`: messages that others have seen are kept from this device; `log`: the audit log was rewritten.
 */
export type AlarmKind = 'root' | 'trust' | 'person' | 'device' | 'epoch' | 'seals' | 'cut' | 'log'

/** An alarm. `person` is whom it is about, `by` who found it if not this device. `code` is crypto's error code or a refusal's reason. */
export interface Alarm {
  readonly id: string
  readonly kind: AlarmKind
  /** Server's clock, ms. */
  readonly at: number
  readonly person: string | null
  readonly by: string | null
  readonly conversation: string | null
  readonly epoch: number | null
  readonly device: string | null
  readonly code: string
}
