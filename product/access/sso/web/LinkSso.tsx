import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Button, Panel } from '@wardline/ui'
import { beginLink, endLink, myLinks } from '../contract.ts'
import './directory.css'

/** One's own links to the organisation's sign-in. Nothing where the organisation has none. */
export const LinkSso = () => {
  const links = useAsk(myLinks)
  const start = useAct(beginLink)
  const end = useAct(endLink)
  const queries = useQueryClient()
  if (!links.data || links.data.links.length === 0) return null
  return (
    <Panel title="Your organisation’s sign-in">
      {(start.failed ?? end.failed) && <FailedBanner failed={(start.failed ?? end.failed)!} />}
      {links.data.links.map((it) => (
        <div key={it.connection} className="directory__row">
          <span>
            {it.label} {it.linkedAt !== null && <Badge tone="ok">Linked</Badge>}
          </span>
          {it.linkedAt === null ? (
            <Button
              size="small"
              isPending={start.isPending}
              onPress={async () => {
                const result = await start.run({ body: { connection: it.connection } })
                if (result.ok) location.assign(result.value.url)
              }}
            >
              Link {it.label}
            </Button>
          ) : (
            <Button
              size="small"
              isPending={end.isPending}
              onPress={async () => {
                await end.run({ params: { connection: it.connection } })
                await queries.invalidateQueries({ queryKey: keyOf(myLinks) })
              }}
            >
              End link to {it.label}
            </Button>
          )}
        </div>
      ))}
    </Panel>
  )
}
