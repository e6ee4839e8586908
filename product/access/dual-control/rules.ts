/** Hours for which an act waits for a second person. */
export const pendingHours = 72

/** Why somebody may not decide. */
export type DecisionRefusal = 'not-your-own' | 'same-role' | 'over'

/** Who asked, who decides, about whom. */
export interface Deciding {
  readonly askedBy: string
  readonly askersRoles: readonly string[]
  readonly subject: string
  readonly decider: string
  /** Those of the decider's roles that may decide. */
  readonly decidersRoles: readonly string[]
  readonly state: string
  readonly expiresAt: number
  readonly now: number
}

/** Dual control (NIST SP 800-53 AC-3(2)): another person, in another role, not about themselves, in time. Null: they may. */
export function judgeDecision(it: Deciding): DecisionRefusal | null {
  if (it.state !== 'asked' || it.expiresAt <= it.now) return 'over'
  if (it.decider === it.askedBy || it.decider === it.subject) return 'not-your-own'
  return it.decidersRoles.some((role) => !it.askersRoles.includes(role)) ? null : 'same-role'
}

/** Why somebody may not decide, for the screen. */
export const refusalWords: Readonly<Record<DecisionRefusal, string>> = {
  'not-your-own': 'You asked for it, or it is about you. Another officer decides.',
  'same-role': 'The second person must hold another role than the first.',
  over: 'It was decided, or its time is over.',
}
