import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  Badge,
  Banner,
  Button,
  Checkbox,
  EmptyState,
  Facts,
  Form,
  Panel,
  PasswordField,
  RadioGroup,
  Skeleton,
  TextArea,
  TextField,
} from '@wardline/ui'
import { useState } from 'react'
import { addConnection, changeConnection, connections, readMetadata, testConnection } from '../contract.ts'
import { Demand } from './Demand.tsx'
import './directory.css'

type Connection = GivesOf<typeof connections>['connections'][number]
type Checks = GivesOf<typeof testConnection>

/** The organisation's sign-in connections: set up, tested with the exact error, turned on and off. */
export const Connections = () => {
  const all = useAsk(connections)
  const [isAdding, setAdding] = useState(false)
  if (all.error) return <FailedBanner failed={all.error} onRetry={() => void all.refetch()} />
  if (!all.data) return <Skeleton label="Sign-in connections" lines={3} />
  return (
    <Panel
      title="Sign-in connections"
      actions={
        <Button size="small" onPress={() => setAdding(!isAdding)}>
          {isAdding ? 'Close' : 'Add a connection'}
        </Button>
      }
    >
      {isAdding && <AddConnection onAdded={() => setAdding(false)} />}
      {all.data.connections.length === 0 && !isAdding && (
        <EmptyState title="No sign-in connection yet">Add a connection to your identity provider by OpenID Connect or SAML 2.0.</EmptyState>
      )}
      {all.data.connections.map((it) => (
        <OneConnection key={it.id} it={it} />
      ))}
      {all.data.connections.length > 0 && <Demand {...all.data} />}
    </Panel>
  )
}

const OneConnection = ({ it }: { it: Connection }) => {
  const queries = useQueryClient()
  const test = useAct(testConnection)
  const change = useAct(changeConnection)
  const [checked, setChecked] = useState<Checks | null>(null)
  const { id, on, ours, linked, problem, workedAt: _w, demanded, hasSecret: _s, ...fields } = it
  return (
    <section className="directory__one" aria-label={it.label}>
      <div className="directory__row">
        <span>
          <strong>{it.label}</strong> <Badge tone={on ? 'ok' : 'pending'}>{on ? 'On' : 'Off'}</Badge>
          {demanded && <Badge tone="secure">Demanded of everybody</Badge>}
        </span>
        <span className="directory__buttons">
          <Button
            size="small"
            isPending={test.isPending}
            pendingLabel="Testing"
            onPress={async () => {
              const result = await test.run({ params: { connection: id } })
              setChecked(result.ok ? result.value : null)
              await queries.invalidateQueries({ queryKey: keyOf(connections) })
            }}
          >
            Test {it.label}
          </Button>
          <Button
            size="small"
            isPending={change.isPending}
            onPress={async () => {
              await change.run({ params: { connection: id }, body: { ...fields, on: !on } })
              await queries.invalidateQueries({ queryKey: keyOf(connections) })
            }}
          >
            {on ? `Turn ${it.label} off` : `Turn ${it.label} on`}
          </Button>
        </span>
      </div>
      {(test.failed ?? change.failed) && <FailedBanner failed={(test.failed ?? change.failed)!} />}
      {problem !== null && (
        <Banner tone="warning" title="The last sign-in that failed">
          <span className="wl-mono">
            {problem.code}: {problem.detail}
          </span>
        </Banner>
      )}
      {checked !== null && (
        <div role="status">
          <ul className="directory__checks">
            {checked.checks.map((check) => (
              <li key={check.name}>
                <Badge tone={check.ok ? 'ok' : 'fail'}>{check.ok ? 'Good' : 'Failed'}</Badge> {check.name}:{' '}
                <span className="wl-mono">{check.detail}</span>
              </li>
            ))}
          </ul>
          {checked.url !== null && (
            <Button size="small" variant="primary" onPress={() => location.assign(checked.url!)}>
              Try it with your own account
            </Button>
          )}
        </div>
      )}
      <Facts
        facts={[
          ...(it.settings.kind === 'oidc'
            ? [{ label: 'Redirect URI', value: <span className="wl-mono">{ours.redirectUri}</span> }]
            : [
                { label: 'Entity ID and metadata', value: <span className="wl-mono">{ours.metadataUrl}</span> },
                { label: 'Assertion consumer (ACS)', value: <span className="wl-mono">{ours.assertionUrl}</span> },
              ]),
          { label: 'Sign-in page', value: <span className="wl-mono">{ours.signInUrl}</span> },
          { label: 'People linked', value: `${linked}` },
        ]}
      />
    </section>
  )
}

const AddConnection = ({ onAdded }: { onAdded: () => void }) => {
  const queries = useQueryClient()
  const add = useAct(addConnection)
  const read = useAct(readMetadata)
  const [kind, setKind] = useState<'oidc' | 'saml'>('oidc')
  const [it, setIt] = useState({
    label: '',
    address: '',
    issuer: '',
    clientId: '',
    secret: '',
    amr: 'mfa',
    metadata: '',
    contexts: 'https://refeds.org/profile/mfa',
  })
  const [firstLink, setFirstLink] = useState(false)
  const field = (name: keyof typeof it) => ({ value: it[name], onChange: (value: string) => setIt((now) => ({ ...now, [name]: value })) })
  const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')
  const submit = async () => {
    const common = { label: it.label.trim(), address: it.address.trim().toLowerCase(), listed: true, firstLink }
    if (kind === 'saml') {
      const body = it.metadata.trim().startsWith('<') ? { xml: it.metadata } : { url: it.metadata.trim() }
      const found = await read.run({ body })
      if (!found.ok) return
      const settings = { ...found.value.settings, contexts: words(it.contexts) }
      if (!(await add.run({ body: { ...common, settings } })).ok) return
    } else {
      const settings = {
        kind: 'oidc' as const,
        issuer: it.issuer.trim(),
        clientId: it.clientId.trim(),
        scope: 'openid profile email',
        algorithm: 'RS256' as const,
        nameClaim: 'preferred_username',
        amr: words(it.amr),
        acr: [],
      }
      const secret = it.secret === '' ? {} : { secret: it.secret }
      if (!(await add.run({ body: { ...common, settings, ...secret } })).ok) return
    }
    await queries.invalidateQueries({ queryKey: keyOf(connections) })
    onAdded()
  }
  const failed = read.failed ?? add.failed
  return (
    <Form label="Add a connection" onSubmit={() => void submit()}>
      {failed && <FailedBanner failed={failed} />}
      {failed?.field !== undefined && <p className="wl-mono">{failed.field}</p>}
      <RadioGroup
        label="Kind"
        orientation="horizontal"
        value={kind}
        onChange={(value) => setKind(value === 'saml' ? 'saml' : 'oidc')}
        options={[
          { id: 'oidc', label: 'OpenID Connect' },
          { id: 'saml', label: 'SAML 2.0' },
        ]}
      />
      <TextField label="Name" description="Stands on the sign-in page: “Sign in with Mercy Hospital”." {...field('label')} />
      <TextField label="Address word" description="For /sso/mercy: small letters, digits, dashes." isMono {...field('address')} />
      {kind === 'oidc' ? (
        <>
          <TextField label="Issuer" description="Exactly as the provider writes it." isMono {...field('issuer')} />
          <TextField label="Client ID" isMono {...field('clientId')} />
          <PasswordField label="Client secret" autoComplete="new-password" {...field('secret')} />
          <TextField
            label="Values of amr that prove two factors"
            description="Without such a value in the token our own second factor is asked for."
            isMono
            {...field('amr')}
          />
        </>
      ) : (
        <>
          <TextArea label="Metadata" description="Its address, or the XML itself." {...field('metadata')} />
          <TextArea
            label="AuthnContext classes that prove two factors"
            description="Without one of these our own second factor is asked for."
            {...field('contexts')}
          />
        </>
      )}
      <Checkbox isSelected={firstLink} onChange={setFirstLink} description="Never officers, and nobody who was added by hand.">
        Link people whom the directory created at their first sign-in
      </Checkbox>
      <Button type="submit" variant="primary" isPending={add.isPending || read.isPending} pendingLabel="Storing">
        Add, turned off
      </Button>
    </Form>
  )
}
