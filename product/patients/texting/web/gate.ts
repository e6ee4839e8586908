import { useQuery } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useCalls, type Failed } from '@wardline/product/access/sessions/web'
import { useNow } from '@wardline/ui'
import { useEffect, useRef, useState } from 'react'
import { previewText } from '../contract.ts'

/** What the gate says about a draft now. */
export type Preview = GivesOf<typeof previewText>

/**
 * Asks the gate about a draft: at once when patient or number change, then at most once a second while one types. The answer is of the
 * draft as it was asked; the server decides again when it is sent.
 */
export function usePreview(
  patient: string,
  number: string | undefined,
  draft: string,
): { preview: Preview | undefined; failed: Failed | null } {
  const { quietly } = useCalls()
  const [asked, setAsked] = useState(draft)
  const latest = useRef(draft)
  const second = useNow(1000)
  useEffect(() => {
    latest.current = draft
    // Emptied or begun: the button must not wait for the next second.
    if ((draft === '') !== (asked === '')) setAsked(draft)
  }, [draft, asked])
  useEffect(() => setAsked(latest.current), [second])
  const query = useQuery<Preview, Failed>({
    queryKey: [previewText.name, patient, number, asked],
    enabled: number !== undefined,
    // A keystroke must not empty the strip: what was said of the draft before stands until the next answer.
    placeholderData: (before) => before,
    gcTime: 0,
    queryFn: async () => {
      const result = await quietly(previewText, { body: { patient, number: number ?? '', body: asked } })
      if (result.ok) return result.value
      throw result
    },
  })
  return { preview: query.data, failed: query.error }
}
