import { useQueryClient } from '@tanstack/react-query'
import { keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Banner, Button, fullTime, useTimeFormat } from '@wardline/ui'
import { stopEnrolment, waitingEnrolments } from '../contract.ts'

/** Says on every device that somebody's sign-in can be set up anew by a code, from when, and lets them stop it; officers see everybody's. */
export const WaitingEnrolments = () => {
  const { data } = useAsk(waitingEnrolments, {}, { pollMs: 60_000 })
  const stop = useAct(stopEnrolment)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [first, ...others] = (data?.waiting ?? []).toSorted((a, b) => Number(b.mine) - Number(a.mine))
  if (first === undefined) return null
  return (
    <Banner
      tone="warning"
      isBar
      title={first.mine ? 'A new code for your sign-in was made.' : `A new code for the sign-in of ${first.name} was made.`}
      short="A new code was made"
      action={
        <Button
          size="small"
          isPending={stop.isPending}
          onPress={() =>
            void stop
              .run({ params: { person: first.person }, body: {} })
              .then(() => queries.invalidateQueries({ queryKey: keyOf(waitingEnrolments) }))
          }
        >
          Stop it
        </Button>
      }
    >
      From {fullTime(first.effectiveAt, format)} on, whoever has it can set {first.mine ? 'your' : 'their'} password and authenticator anew.
      {first.mine ? ' If you did not ask for it, stop it and tell your privacy officer.' : ''}
      {others.length > 0 && ` ${others.length} more.`}
    </Banner>
  )
}
