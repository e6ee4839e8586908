/** Up to two initials of a name: first and last word that begins with a letter or digit ("RIVERA, Ana" gives "RA"). */
export const initials = (name: string): string => {
  const words = name.split(/[\s,]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word) && !/^(dr|rn|mr|mrs|ms|prof)\.?$/i.test(word))
  const [first = '', last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return ((Array.from(first)[0] ?? '') + (Array.from(last ?? '')[0] ?? '')).toLocaleUpperCase()
}

const tints = 6

// FNV-1a over the id: the same person has the same tint on every device and in every session.
const tintOf = (id: string): number => {
  let hash = 0x811c9dc5
  for (const unit of id) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193)
  return ((hash >>> 16) % tints) + 1
}

export type AvatarProps = {
  name: string
  /** What the tint follows; an id that outlives a change of name. The name where absent. */
  id?: string
  size?: 20 | 24 | 32 | 40
  /** People are round; roles and groups are square. */
  shape?: 'person' | 'role'
}

/** Two initials on a quiet tint. Decoration: the name always stands beside it. No photos, no status by colour. */
export const Avatar = ({ name, id = name, size = 32, shape = 'person' }: AvatarProps) => (
  // The letters are drawn by CSS: in a button they are no part of its words.
  <span
    className={`wl-avatar wl-avatar--${size} wl-avatar--${shape} wl-avatar--tint-${tintOf(id)}`}
    data-initials={initials(name)}
    aria-hidden="true"
  />
)
