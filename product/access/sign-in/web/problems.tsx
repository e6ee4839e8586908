import type { FormProblem } from '@wardline/ui'
import type { Failed } from '@wardline/product/access/sessions/web'

/** What a refused call says in an error summary: what happened and what to do next. */
export const problemOf = (failed: Pick<Failed, 'what' | 'next'>, fieldId?: string): FormProblem => ({
  message: `${failed.what} ${failed.next}`,
  ...(fieldId === undefined ? {} : { fieldId }),
})
