// Which people's browsers here keep nothing, and as which device they were here: no key, no content.
const key = 'wl-passing'
type Kept = Readonly<Record<string, string>>

function read(): Kept {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Kept
  } catch {
    return {}
  }
}

/** What this browser was for a person of whom it keeps nothing; undefined: it may keep what the server lets it. */
export function passingHere(person: string): { readonly device: string } | undefined {
  const device = read()[person]
  return typeof device === 'string' ? { device } : undefined
}

/** Notes what it is now; null: it keeps what the server lets it. */
export function notePassing(person: string, device: string | null): void {
  const { [person]: before, ...others } = read()
  if (before === (device ?? undefined)) return
  try {
    localStorage.setItem(key, JSON.stringify(device === null ? others : { ...others, [person]: device }))
  } catch {
    // Then the next visit begins as a new device.
  }
}
