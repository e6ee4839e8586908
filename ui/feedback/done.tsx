import { useState, type ReactNode } from 'react'
import { useAnnounce } from './announcer.tsx'
import { Banner } from './Banner.tsx'

/** The word that something was done: shown until it is dismissed or the next one comes, and spoken once. */
export const useDone = (): { readonly done: ReactNode; readonly say: (text: string) => void } => {
  const announce = useAnnounce()
  const [said, setSaid] = useState<string | null>(null)
  return {
    done: said === null ? null : <Banner tone="info" title={said} onDismiss={() => setSaid(null)} />,
    say: (text) => {
      setSaid(text)
      announce.polite(text)
    },
  }
}
