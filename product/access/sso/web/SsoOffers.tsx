import { FailedBanner, useAct, useAsk, type Place } from '@wardline/product/access/sessions/web'
import { Button } from '@wardline/ui'
import { begin, offers } from '../contract.ts'

type SsoOffersProps = {
  place: Place
  /** The word of /sso/mercy, where the person came by such an address. */
  address?: string | undefined
}

/** Buttons to the organisations' own sign-in services. Nothing where none is offered. */
export const SsoOffers = ({ place, address }: SsoOffersProps) => {
  const shown = useAsk(offers, address === undefined ? {} : { body: { address } })
  const leave = useAct(begin)
  return (
    <>
      {leave.failed && <FailedBanner failed={leave.failed} />}
      {shown.data?.offers.map((it) => (
        <Button
          key={it.connection}
          isFullWidth
          isPending={leave.isPending}
          pendingLabel={`Leaving for ${it.label}`}
          onPress={async () => {
            const result = await leave.run({ body: { connection: it.connection, place } })
            if (result.ok) location.assign(result.value.url)
          }}
        >
          Sign in with {it.label}
        </Button>
      ))}
    </>
  )
}
