/** What is believed of a device. */
export type Posture = 'compliant' | 'not-compliant' | 'unknown'

/** Days without a check-in, and hours without an answer of device management, after which a good word is not believed any more. */
export const believed = { checkInDays: 14, feedHours: 24 } as const
const hour = 60 * 60 * 1000
const day = 24 * hour

/** What device management said of a device, and when. Times in ms. */
export interface Said {
  readonly compliance: Posture
  readonly checkedInAt: number | null
}

/** What is believed now: a good word only while it is fresh, a bad one until it is taken back. `feedAt`: when the feed last worked. */
export function postureOf(said: Said | null, feedAt: number | null, now: number): Posture {
  if (said === null) return 'unknown'
  if (said.compliance !== 'compliant') return said.compliance
  const isFresh =
    said.checkedInAt !== null &&
    now - said.checkedInAt < believed.checkInDays * day &&
    feedAt !== null &&
    now - feedAt < believed.feedHours * hour
  return isFresh ? 'compliant' : 'unknown'
}

/** Until when a device that is not compliant since `badSince` goes on, ms; null where nothing keeps it out. */
export const graceUntil = (posture: Posture, badSince: number | null, graceDays: number): number | null =>
  posture === 'not-compliant' && badSince !== null ? badSince + graceDays * day : null

/** Whose devices must be managed: who has one of these roles, or works at one of these places. Of a person, no place is everywhere or nowhere. */
export interface Bound {
  readonly roles: readonly string[]
  readonly locations: readonly string[]
}

/** Whether the rule binds somebody. Who is put at no place may be at any: a rule by place binds them too. */
export const binds = (rule: Bound, { roles, locations }: Bound): boolean =>
  roles.some((it) => rule.roles.includes(it)) ||
  (rule.locations.length > 0 && (locations.length === 0 || locations.some((it) => rule.locations.includes(it))))

/** Whether device management is being asked and has lately answered whole: a rule over a feed that is silent would let nobody in. */
export const answers = (feed: { readonly on: boolean; readonly workedAt: number | null }, now: number): boolean =>
  feed.on && feed.workedAt !== null && now - feed.workedAt < believed.feedHours * hour

/** A device that is new comes in only where its management vouches for it; one that was here goes on, but not beyond its grace. */
export const mayEnrol = (posture: Posture): boolean => posture === 'compliant'

/** Whether a device that was enrolled before may go on at `now`. Not to know keeps nobody from their messages; it is shown in red. */
export function mayGoOn(posture: Posture, badSince: number | null, graceDays: number, now: number): boolean {
  const until = graceUntil(posture, badSince, graceDays)
  return until === null || now < until
}
