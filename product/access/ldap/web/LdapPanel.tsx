import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Banner, Button, Form, Panel, PasswordField, RadioGroup, Skeleton, Switch, TextArea, TextField, useDone } from '@wardline/ui'
import { useState, type ReactNode } from 'react'
import { readLdap, setLdap, testLdap } from '../contract.ts'
import type { LdapSettings } from '../contract.ts'

type Settings = Static<typeof LdapSettings>

type Usual = Pick<Settings, 'userFilter' | 'groupFilter' | 'userNameAttribute'>

const activeDirectory: Usual = {
  userFilter: '(&(objectClass=user)(objectCategory=person))',
  groupFilter: '(objectClass=group)',
  userNameAttribute: 'userPrincipalName',
}
/** The classes of RFC 2798 and RFC 4519. */
const others: Usual = { userFilter: '(objectClass=inetOrgPerson)', groupFilter: '(objectClass=groupOfNames)', userNameAttribute: 'uid' }
const usualOf = (key: Settings['keyAttribute']): Usual => (key === 'objectGUID' ? activeDirectory : others)

/** Another kind of directory: what still stands as usual for the one before becomes as usual for this one, what was typed stays. */
const ofKind = (now: Settings, keyAttribute: Settings['keyAttribute']): Settings => {
  const [before, after] = [usualOf(now.keyAttribute), usualOf(keyAttribute)]
  const kept = (name: keyof Usual) => (now[name] === before[name] ? after[name] : now[name])
  return {
    ...now,
    keyAttribute,
    userFilter: kept('userFilter'),
    groupFilter: kept('groupFilter'),
    userNameAttribute: kept('userNameAttribute'),
  }
}

const empty: Settings = {
  ...activeDirectory,
  host: '',
  port: 636,
  security: 'ldaps',
  authority: '',
  bindDn: '',
  userBase: '',
  groupBase: '',
  keyAttribute: 'objectGUID',
  nameAttribute: 'displayName',
  titleAttribute: 'title',
}

/** The organisation's LDAP directory: its settings, a test that shows what would happen, on and off. */
export const LdapPanel = () => {
  const found = useAsk(readLdap)
  const { done, say } = useDone()
  if (found.error) return <FailedBanner failed={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <Skeleton label="LDAP" lines={2} />
  return <LdapForm key={found.data.ldap === null ? 'none' : 'some'} known={found.data.ldap} done={done} say={say} />
}

type LdapFormProps = { known: GivesOf<typeof readLdap>['ldap']; done: ReactNode; say: (text: string) => void }

const LdapForm = ({ known, done, say }: LdapFormProps) => {
  const queries = useQueryClient()
  const set = useAct(setLdap)
  const test = useAct(testLdap)
  const [it, setIt] = useState<Settings>(known?.settings ?? empty)
  const [on, setOn] = useState(known?.on ?? false)
  const [password, setPassword] = useState('')
  const [told, setTold] = useState<GivesOf<typeof testLdap> | null>(null)
  const field = (
    name: 'host' | 'bindDn' | 'userBase' | 'userFilter' | 'groupBase' | 'groupFilter' | 'userNameAttribute' | 'authority',
  ) => ({
    value: it[name],
    onChange: (value: string) => setIt((now) => ({ ...now, [name]: value })),
  })
  const body = { settings: it, ...(password === '' ? {} : { password }) }
  const counts = told?.plan?.counts
  const failed = set.failed ?? test.failed
  return (
    <Panel title="LDAP">
      {known?.problem && (
        <Banner tone="danger" title="The last synchronisation failed">
          <span className="wl-mono">{known.problem.what}</span>
        </Banner>
      )}
      {failed && <FailedBanner failed={failed} />}
      <Form
        label="LDAP directory"
        onSubmit={async () => {
          if ((await set.run({ body: { ...body, on } })).ok) {
            setPassword('')
            setTold(null)
            say(on ? 'Stored. The directory is asked within a minute.' : 'Stored. It is not asked before you switch it on.')
          }
          await queries.invalidateQueries({ queryKey: keyOf(readLdap) })
        }}
      >
        <TextField label="Host" isMono {...field('host')} />
        <RadioGroup
          label="Encryption"
          orientation="horizontal"
          value={it.security}
          onChange={(value) =>
            setIt((now) => ({ ...now, security: value === 'starttls' ? 'starttls' : 'ldaps', port: value === 'starttls' ? 389 : 636 }))
          }
          options={[
            { id: 'ldaps', label: 'LDAPS (636)' },
            { id: 'starttls', label: 'StartTLS (389)' },
          ]}
        />
        <TextField
          label="Port"
          isMono
          inputMode="numeric"
          description="Only where it is not the usual one, for example 3269."
          value={it.port === 0 ? '' : String(it.port)}
          onChange={(value) => setIt((now) => ({ ...now, port: Number(value.replace(/\D/g, '').slice(0, 5)) }))}
        />
        <TextArea
          label="Certificate authority"
          isOptional
          description="PEM, where the directory’s certificate is not a public one."
          {...field('authority')}
        />
        <TextField label="Account (bind DN)" isMono {...field('bindDn')} />
        <PasswordField
          label="Password"
          autoComplete="new-password"
          description={known === null ? undefined : 'Leave empty to keep the one that is stored.'}
          value={password}
          onChange={setPassword}
        />
        <TextField label="People below" isMono {...field('userBase')} />
        <TextField label="Filter for people" isMono {...field('userFilter')} />
        <RadioGroup
          label="Id that never changes"
          value={it.keyAttribute}
          onChange={(value) => setIt((now) => ofKind(now, value as Settings['keyAttribute']))}
          options={[
            { id: 'objectGUID', label: 'objectGUID (Active Directory)' },
            { id: 'entryUUID', label: 'entryUUID (OpenLDAP)' },
            { id: 'nsUniqueId', label: 'nsUniqueId (389 Directory Server)' },
          ]}
        />
        <TextField label="Attribute for the sign-in name" isMono {...field('userNameAttribute')} />
        <TextField label="Groups below" isOptional isMono {...field('groupBase')} />
        <TextField label="Filter for groups" isOptional isMono {...field('groupFilter')} />
        <Switch isSelected={on} onChange={setOn} description="The directory is asked each minute.">
          Synchronise
        </Switch>
        <div className="directory__buttons">
          <Button
            isPending={test.isPending}
            pendingLabel="Asking the directory"
            onPress={async () => {
              const result = await test.run({ body })
              setTold(result.ok ? result.value : null)
            }}
          >
            Test, and show what would happen
          </Button>
          <Button type="submit" variant="primary" isPending={set.isPending} pendingLabel="Storing">
            Store
          </Button>
        </div>
        {done}
      </Form>
      {told !== null && (
        <div role="status">
          <ul className="directory__checks">
            {told.checks.map((check) => (
              <li key={check.name}>
                <Badge tone={check.ok ? 'ok' : 'fail'}>{check.ok ? 'Good' : 'Failed'}</Badge> {check.name}{' '}
                <span className="wl-mono">{check.detail}</span>
              </li>
            ))}
          </ul>
          {counts && (
            <p>
              {counts.joins} would join, {counts.adopts} colleagues would become the directory’s, {counts.changes} would change,{' '}
              {counts.returns} would come back, {counts.leaves} would leave
              {told.plan?.stops === true ? ': so many that it would stop and ask' : ''}.
            </p>
          )}
        </div>
      )}
    </Panel>
  )
}
