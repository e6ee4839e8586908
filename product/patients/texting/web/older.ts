import type { GivesOf } from '@wardline/platform/contract'
import { useCalls } from '@wardline/product/access/sessions/web'
import { useCallback, useRef, useState } from 'react'
import { getThread } from '../contract.ts'
import type { ThreadText } from './states.ts'

type Page = GivesOf<typeof getThread>

/** The texts before the newest page, read as one scrolls up. `more` is absent at the beginning. */
export function useOlderTexts(
  thread: string | undefined,
  newest: Page | undefined,
): { texts: readonly ThreadText[]; more: (() => void) | undefined } {
  const { call } = useCalls()
  const [texts, setTexts] = useState<readonly ThreadText[]>([])
  const [hasMore, setHasMore] = useState(true)
  const isReading = useRef(false)
  const first = texts[0] ?? newest?.texts[0]
  const more = useCallback(async () => {
    if (thread === undefined || first === undefined || isReading.current) return
    isReading.current = true
    const page = await call(getThread, { params: { thread }, body: { before: String(first.at) } })
    isReading.current = false
    if (!page.ok) return
    setHasMore(page.value.more)
    setTexts((before) => {
      const known = new Set(before.map((it) => it.text))
      return [...page.value.texts.filter((it) => !known.has(it.text)), ...before]
    })
  }, [call, thread, first])
  return { texts, more: newest?.more === true && hasMore ? () => void more() : undefined }
}
