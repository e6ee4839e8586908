/** What a name is written from. */
export type Named = { readonly given: string; readonly family: string }

/** A patient's name as records write it: "RIVERA, Ana" (NHS Common User Interface, patient banner). */
export const patientName = (it: Named): string => `${it.family.toLocaleUpperCase()}, ${it.given}`

const letters = (text: string) =>
  text
    .normalize('NFD')
    .replace(/[^\p{L}]/gu, '')
    .toLocaleLowerCase()

/** How many letters must be put in, taken out or changed to make one word of the other; stops counting above two. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length] ?? 3
}

/** Whether two patients are easily taken for each other: each of their names differs by at most two letters, three in all. */
export function isSimilarName(a: Named, b: Named): boolean {
  const [given, family] = [distance(letters(a.given), letters(b.given)), distance(letters(a.family), letters(b.family))]
  const shortest = Math.min(letters(a.given).length, letters(b.given).length)
  return family <= 2 && given <= (shortest <= 3 ? 1 : 2) && given + family <= 3
}
