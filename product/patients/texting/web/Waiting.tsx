import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Button } from '@wardline/ui'
import type { ReactNode } from 'react'
import { markLooked } from '../contract.ts'
import './texting.css'

/** A line over the texts: what waits, and the one thing to do about it. */
export const WaitingBar = ({ words, action }: { words: ReactNode; action: ReactNode }) => (
  <div className="texting-waiting">
    {words}
    {action}
  </div>
)

/** A text waits for an answer: it can also be put away without one. */
export const Waiting = ({ thread }: { thread: string }) => {
  const queries = useQueryClient()
  const looked = useAct(markLooked)
  const done = async () => {
    await looked.run({ params: { thread }, body: { done: true } })
    await queries.invalidateQueries()
  }
  return (
    <WaitingBar
      words={looked.failed ? <FailedBanner failed={looked.failed} /> : <span>Waits for an answer</span>}
      action={
        <Button size="small" onPress={() => void done()} isPending={looked.isPending}>
          No answer needed
        </Button>
      }
    />
  )
}
