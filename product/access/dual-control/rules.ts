/** Hours for which an act waits for a second person. */
export const pendingHours = 72

/** Why somebody may not decide. */
export type DecisionRefusal = 'not-your-own' | 'same-role' | 'appointed-by-asker' | 'asker-gone' | 'over'

/** For so many hours after giving somebody a role nobody has them agree by it to what they ask for: as long as an act waits. */
export const appointmentHours = 72

/** Who asked, who decides, about whom. */
export interface Deciding {
  readonly askedBy: string
  readonly askersRoles: readonly string[]
  readonly subject: string
  readonly decider: string
  /** Those of the decider's roles that may decide. */
  readonly decidersRoles: readonly string[]
  /** Those of them that whoever asked gave the decider within `appointmentHours`. */
  readonly appointed: readonly string[]
  /** Whether whoever asked is still here and may still ask for it. */
  readonly mayAsk: boolean
  readonly state: string
  readonly expiresAt: number
  readonly now: number
}

/** Whether somebody would decide by nothing but roles that whoever asked gave them lately: nobody makes their own second person. */
export const isMadeByAsker = (decidersRoles: readonly string[], appointed: readonly string[]): boolean =>
  decidersRoles.length > 0 && decidersRoles.every((role) => appointed.includes(role))

/** Dual control (NIST SP 800-53 AC-3(2)): another person, in another role, whom the first did not just
 * appoint, not about themselves, in time, while the first may still ask for it. Null: they may. */
export function judgeDecision(it: Deciding): DecisionRefusal | null {
  if (it.state !== 'asked' || it.expiresAt <= it.now) return 'over'
  if (it.decider === it.askedBy || it.decider === it.subject) return 'not-your-own'
  if (!it.mayAsk) return 'asker-gone'
  const others = it.decidersRoles.filter((role) => !it.askersRoles.includes(role))
  if (others.length === 0) return 'same-role'
  return isMadeByAsker(others, it.appointed) ? 'appointed-by-asker' : null
}

/** Why somebody may not decide, for the screen. */
export const refusalWords: Readonly<Record<DecisionRefusal, string>> = {
  'not-your-own': 'You asked for it, or it is about you. Another officer decides.',
  'same-role': 'The second person must hold another role than the first.',
  'appointed-by-asker':
    'Whoever asked gave you your role less than three days ago. Another officer decides, or you once the three days are over.',
  'asker-gone': 'Whoever asked has left, or may no longer ask for it.',
  over: 'It was decided, or its time is over.',
}
