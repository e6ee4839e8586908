/** How many SMS a body takes, as the carrier bills it (3GPP TS 23.038: GSM-7 with its extension table, else UCS-2). */

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const extended = new Set('\f^{}\\[~]|€')

/** Fills segments of `room` units; a character of two units is never split over a border. */
const fill = (units: readonly number[], alone: number, room: number): number => {
  if (units.reduce((sum, unit) => sum + unit, 0) <= alone) return 1
  let segments = 1
  let used = 0
  for (const unit of units) {
    if (used + unit > room) {
      segments += 1
      used = 0
    }
    used += unit
  }
  return segments
}

/** Segments of a body: 160 then 153 GSM-7 septets, or 70 then 67 UCS-2 units, each. */
export const segmentsOf = (body: string): number => {
  const characters = [...body]
  const isGsm = characters.every((character) => basic.has(character) || extended.has(character))
  return isGsm
    ? fill(
        characters.map((character) => (extended.has(character) ? 2 : 1)),
        160,
        153,
      )
    : fill(
        characters.map((character) => character.length),
        70,
        67,
      )
}
