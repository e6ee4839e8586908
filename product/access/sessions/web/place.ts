import type { Static } from '@wardline/platform/contract'
import type { Place as PlaceWord } from '../contract.ts'

/** Where a person works. */
export type Place = Static<typeof PlaceWord>

/** How a screen names a place. */
export const placeWords: Readonly<Record<Place, string>> = {
  private: 'Private room',
  counter: 'Counter or shared PC',
  hallway: 'Hallway',
  phone: 'Phone',
}
