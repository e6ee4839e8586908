/** Why a policy is not taken. */
export type PolicyCode =
  'no-such-day' | 'ends-before-it-starts' | 'no-root' | 'other-root' | 'other-organisation' | 'not-its-key' | 'bad-statement'

/** A refusal of this feature. */
export class PolicyRefused extends Error {
  readonly code: PolicyCode
  constructor(code: PolicyCode) {
    super(`policies: ${code}`)
    this.name = 'PolicyRefused'
    this.code = code
  }
}
