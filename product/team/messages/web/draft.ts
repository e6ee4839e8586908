import { useNow } from '@wardline/ui'
import { useEffect, useRef, useState } from 'react'
import { useTeam } from './team.tsx'

/**
 * Text that is being written, kept by the engine under a key of the device: read when the part appears, saved each second while it changes
 * and when the part goes. `key` is the conversation; a draft never follows the person to another one.
 */
export function useDraft(key: string): { text: string; setText: (text: string) => void } {
  const team = useTeam()
  const [text, setShown] = useState('')
  const latest = useRef({ text: '', saved: '' })
  const second = useNow(1000)

  useEffect(() => {
    let isOver = false
    const now = { text: '', saved: '' }
    latest.current = now
    setShown('')
    void team?.draft(key).then((kept) => {
      // What was typed before the answer came wins.
      if (isOver || now.text !== '' || kept === '') return
      now.text = kept
      now.saved = kept
      setShown(kept)
    })
    const save = () => {
      if (now.text === now.saved) return
      now.saved = now.text
      void team?.saveDraft(key, now.text)
    }
    window.addEventListener('pagehide', save)
    return () => {
      isOver = true
      save()
      window.removeEventListener('pagehide', save)
    }
  }, [team, key])

  useEffect(() => {
    const now = latest.current
    if (now.text === now.saved) return
    now.saved = now.text
    void team?.saveDraft(key, now.text)
  }, [second, team, key])

  return {
    text,
    setText: (next) => {
      latest.current.text = next
      setShown(next)
    },
  }
}
