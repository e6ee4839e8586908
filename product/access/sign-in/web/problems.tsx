import type { Failed } from '@wardline/product/access/sessions/web'
import type { FormProblem } from '@wardline/ui'

/** What a refused call says: what happened, for the summary and the field, and what to do next, for the summary alone. */
export const problemOf = (failed: Pick<Failed, 'what' | 'next'>, fieldId?: string): FormProblem => ({
  message: failed.what,
  next: failed.next,
  ...(fieldId === undefined ? {} : { fieldId }),
})

/** What stands at a field. */
export const messageAt = (problems: readonly FormProblem[], fieldId: string): string | undefined =>
  problems.find((it) => it.fieldId === fieldId)?.message
