import type { Action, Cell, Role } from './words.ts'
import { matrix, roles, roleWords } from './words.ts'

export { matrix, roles, roleWords } from './words.ts'
export type { Action, Role } from './words.ts'

/** How far a right reaches: everything, one's location, where one is a member, or one's own. The owning feature checks the last three. */
export type Reach = 'all' | 'location' | 'member' | 'own'

/** The answer to "may I?", the same for button and server. `reason` is a sentence that a screen can show. */
export type Decision = { readonly yes: true; readonly reach: Reach } | { readonly yes: false; readonly reason: string }

const reachOf: Readonly<Record<Exclude<Cell, '-'>, Reach>> = { Y: 'all', L: 'location', R: 'member', O: 'own' }
const widest: readonly Reach[] = ['all', 'location', 'member', 'own']

/** The cell of one role. What the matrix does not list is denied. */
export function cellOf(role: string, action: string): Cell {
  const column = (roles as readonly string[]).indexOf(role)
  const found = Object.hasOwn(matrix, action) ? matrix[action as Action] : undefined
  return column < 0 || !found ? '-' : (found.cells.split(' ')[column] as Cell)
}

/** Whether somebody with these roles may act, how far, or why not. Rights of several roles add up. */
export function may(held: readonly string[], action: Action): Decision {
  const reaches = held.flatMap((role) => {
    const cell = cellOf(role, action)
    return cell === '-' ? [] : [reachOf[cell]]
  })
  const reach = widest.find((it) => reaches.includes(it))
  return reach ? { yes: true, reach } : { yes: false, reason: why(action) }
}

function why(action: Action): string {
  const able = roles.filter((role) => cellOf(role, action) !== '-').map((role: Role) => roleWords[role])
  if (able.length === 0) return 'Nobody may do this.'
  const list = able.length === 1 ? able[0] : `${able.slice(0, -1).join(', ')} or ${able.at(-1)}`
  return `To ${matrix[action].says} you need the role ${list}. An administrator can grant it.`
}
