import type { Static } from '@wardline/platform/contract'
import type { Place as PlaceWord } from '../contract.ts'

/** Where a person works. */
export type Place = Static<typeof PlaceWord>

/** Minutes without a person's act after which the server ends a session; the page warns before. The server's own figures decide. */
export const idleMinutes: Readonly<Record<Place, number>> = { private: 15, counter: 10, hallway: 3, phone: 5 }

/** How a screen names a place. */
export const placeWords: Readonly<Record<Place, string>> = {
  private: 'Own room',
  counter: 'Counter or shared PC',
  hallway: 'Hallway',
  phone: 'Phone',
}
