import { placeWords, type Place } from '@wardline/product/access/sessions/web'

const key = 'wl-place'

/** Where the person said last that this screen stands; it stays where it is, whoever signs in. */
export function lastPlace(): Place {
  try {
    const kept = localStorage.getItem(key)
    return kept !== null && Object.hasOwn(placeWords, kept) ? (kept as Place) : 'private'
  } catch {
    return 'private'
  }
}

/** Remembers where this screen stands. */
export function rememberPlace(place: Place): void {
  try {
    localStorage.setItem(key, place)
  } catch {
    // A browser that keeps nothing asks again.
  }
}
