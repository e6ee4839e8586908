import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Banner, Button, Facts, Panel, Skeleton, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { endToken, issueToken, tokens } from '../contract.ts'
import './scim.css'

/** The directory's SCIM address and tokens; a new token is shown once. */
export const ScimTokens = () => {
  const all = useAsk(tokens)
  const issue = useAct(issueToken)
  const end = useAct(endToken)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [secret, setSecret] = useState<string | null>(null)
  const again = () => queries.invalidateQueries({ queryKey: keyOf(tokens) })
  if (all.error) return <FailedBanner failed={all.error} onRetry={() => void all.refetch()} />
  if (!all.data) return <Skeleton label="SCIM tokens" lines={2} />
  return (
    <Panel
      title="SCIM"
      actions={
        <Button
          size="small"
          isPending={issue.isPending}
          onPress={async () => {
            const result = await issue.run({ body: { label: 'Directory' } })
            if (result.ok) setSecret(result.value.secret)
            await again()
          }}
        >
          Issue a token
        </Button>
      }
    >
      {(issue.failed ?? end.failed) && <FailedBanner failed={(issue.failed ?? end.failed)!} />}
      {secret !== null && (
        <Banner
          tone="warning"
          title="Copy this token into your directory now. It is not shown again."
          live="polite"
          action={
            <Button size="small" onPress={() => setSecret(null)}>
              I have copied it
            </Button>
          }
        >
          <span className="wl-mono scim__secret">{secret}</span>
        </Banner>
      )}
      <Facts facts={[{ label: 'Tenant URL', value: <span className="wl-mono">{all.data.baseUrl}</span> }]} />
      {all.data.tokens.map((it) => (
        <div key={it.id} className="directory__row">
          <span>
            {it.label}, issued {fullTime(it.madeAt, format)}, good until {fullTime(it.until, format)},{' '}
            {it.lastUsedAt === null ? 'never used' : `last used ${fullTime(it.lastUsedAt, format)}`}
          </span>
          <Button
            size="small"
            variant="danger"
            aria-label={`End the token issued ${fullTime(it.madeAt, format)}`}
            isPending={end.isPending}
            onPress={async () => {
              await end.run({ params: { token: it.id } })
              await again()
            }}
          >
            End
          </Button>
        </div>
      ))}
    </Panel>
  )
}
