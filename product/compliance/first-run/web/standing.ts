import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useAct, useAsk, keyOf } from '@wardline/product/access/sessions/web'
import { useCallback } from 'react'
import { firstRun, markStep } from '../contract.ts'
import type { Step } from '../contract.ts'

/** Where the set-up stands, as the server computes it. */
export type Standing = GivesOf<typeof firstRun>

/** Where the set-up stands; asked again every half minute, because others bring it forward too. */
export const useFirstRun = (enabled = true) => useAsk(firstRun, {}, { enabled, pollMs: 30_000 })

/** Asks the server again how far it is. */
export function useLookAgain(): () => Promise<void> {
  const queries = useQueryClient()
  return useCallback(() => queries.invalidateQueries({ queryKey: keyOf(firstRun) }), [queries])
}

/** Says of a step that it was looked at, or is put off, or taken up again. */
export function useMark() {
  const mark = useAct(markStep)
  const lookAgain = useLookAgain()
  return {
    isPending: mark.isPending,
    failed: mark.failed,
    set: async (step: Step, it: 'looked-at' | 'later' | 'open'): Promise<boolean> => {
      const result = await mark.run({ body: { step, mark: it } })
      if (result.ok) await lookAgain()
      return result.ok
    },
  }
}

/** What a step is given. `onDone`: it has nothing more to ask. */
export interface StepProps {
  readonly standing: Standing
  readonly onDone: () => void
}
