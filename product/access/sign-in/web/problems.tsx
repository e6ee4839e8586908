import type { Failed } from '@wardline/product/access/sessions/web'
import type { FormProblem } from '@wardline/ui'

/** A problem of a form: the whole of it for the summary, what happened alone for its field. */
export type Problem = FormProblem & { readonly short?: string }

/** What a refused call says: what happened and what to do next. */
export const problemOf = (failed: Pick<Failed, 'what' | 'next'>, fieldId?: string): Problem => ({
  message: `${failed.what} ${failed.next}`,
  short: failed.what,
  ...(fieldId === undefined ? {} : { fieldId }),
})

/** What stands at a field. */
export const messageAt = (problems: readonly Problem[], fieldId: string): string | undefined => {
  const problem = problems.find((it) => it.fieldId === fieldId)
  return problem?.short ?? problem?.message
}
