import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf, Static } from '@wardline/platform/contract'
import { listLocations } from '@wardline/product/access/locations/contract'
import { roleWords } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  Badge,
  Banner,
  Button,
  CheckboxGroup,
  DataTable,
  Dialog,
  Form,
  fullTime,
  Panel,
  PasswordField,
  RadioGroup,
  Skeleton,
  Switch,
  TextField,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { bindManaged, readManaged, setManaged, setRule, testManaged } from '../contract.ts'
import type { Settings as SettingsShape } from '../contract.ts'

type Standing = GivesOf<typeof readManaged>
type Settings = Static<typeof SettingsShape>
const none = 'none'
type Posture = Standing['devices'][number]['posture']

const intune: Settings = {
  vendor: 'intune',
  loginUrl: 'https://login.microsoftonline.com',
  apiUrl: 'https://graph.microsoft.com',
  tenant: '',
  clientId: '',
  compliantGroup: '',
}
const jamf: Settings = { ...intune, vendor: 'jamf', loginUrl: '', apiUrl: '' }
const postureWords: Readonly<Record<Posture, string>> = { compliant: 'Compliant', 'not-compliant': 'Not compliant', unknown: 'Unknown' }
const bindable = [
  'clinician',
  'nurse',
  'front-desk',
  'operator',
  'administrator',
  'privacy-officer',
  'security-officer',
  'auditor',
] as const

/** Device management: its connection with a test, whose devices must be managed, and which devices nobody vouches for. */
export const ManagedDevices = () => {
  const found = useAsk(readManaged)
  if (found.error) return <FailedBanner failed={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <Skeleton label="Managed devices" lines={2} />
  return (
    <Panel title="Managed devices">
      <Connection key={found.data.connection === null ? 'none' : 'some'} known={found.data.connection} />
      {found.data.connection !== null && <Rule known={found.data.rule} />}
      <Open open={found.data.open} count={found.data.openCount} />
      {found.data.devices.length > 0 && <Devices open={found.data.open} />}
    </Panel>
  )
}

const Connection = ({ known }: { known: Standing['connection'] }) => {
  const queries = useQueryClient()
  const format = useTimeFormat()
  const set = useAct(setManaged)
  const test = useAct(testManaged)
  const [it, setIt] = useState<Settings>(known?.settings ?? intune)
  const [on, setOn] = useState(known?.on ?? false)
  const [secret, setSecret] = useState('')
  const [told, setTold] = useState<GivesOf<typeof testManaged> | null>(null)
  const field = (name: 'loginUrl' | 'apiUrl' | 'tenant' | 'clientId' | 'compliantGroup') => ({
    value: it[name],
    onChange: (value: string) => setIt((now) => ({ ...now, [name]: value.trim() })),
  })
  const body = { settings: it, ...(secret === '' ? {} : { secret }) }
  const failed = set.failed ?? test.failed
  return (
    <>
      {known?.problem && (
        <Banner tone="danger" title={`Device management did not answer, ${fullTime(known.problem.at, format)}`}>
          <span className="wl-mono">{known.problem.what}</span>
        </Banner>
      )}
      {failed && <FailedBanner failed={failed} />}
      <Form
        label="Device management"
        onSubmit={async () => {
          if ((await set.run({ body: { ...body, on } })).ok) setSecret('')
          await queries.invalidateQueries({ queryKey: keyOf(readManaged) })
        }}
      >
        <RadioGroup
          label="Device management"
          orientation="horizontal"
          value={it.vendor}
          onChange={(value) => setIt(value === 'jamf' ? jamf : intune)}
          options={[
            { id: 'intune', label: 'Microsoft Intune' },
            { id: 'jamf', label: 'Jamf Pro' },
          ]}
        />
        {it.vendor === 'intune' && <TextField label="Directory (tenant) ID" isMono {...field('tenant')} />}
        <TextField label={it.vendor === 'intune' ? 'Application (client) ID' : 'API client ID'} isMono {...field('clientId')} />
        <PasswordField
          label="Client secret"
          autoComplete="new-password"
          description={known === null ? undefined : 'Leave empty to keep the one that is stored.'}
          value={secret}
          onChange={setSecret}
        />
        {it.vendor === 'intune' && (
          <TextField
            label="Sign-in address"
            isMono
            description="Another one for a national cloud, such as https://login.microsoftonline.us"
            {...field('loginUrl')}
          />
        )}
        <TextField label={it.vendor === 'intune' ? 'Graph address' : 'Jamf Pro address'} isMono {...field('apiUrl')} />
        {it.vendor === 'jamf' && (
          <TextField label="Smart group of compliant devices" description="Whoever is in it is compliant." {...field('compliantGroup')} />
        )}
        <Switch isSelected={on} onChange={setOn} description="Asked every 15 minutes.">
          Synchronise devices
        </Switch>
        <div className="directory__buttons">
          <Button
            isPending={test.isPending}
            pendingLabel="Asking device management"
            onPress={async () => {
              const result = await test.run({ body })
              setTold(result.ok ? result.value : null)
            }}
          >
            Test device management
          </Button>
          <Button type="submit" variant="primary" isPending={set.isPending} pendingLabel="Storing">
            Store device management
          </Button>
        </div>
      </Form>
      {told !== null && (
        <p role="status">
          <Badge tone={told.ok ? 'ok' : 'fail'}>{told.ok ? 'Good' : 'Failed'}</Badge>{' '}
          {told.ok && `${told.devices} devices on the first page, ${told.compliant} of them compliant. `}
          <span className="wl-mono">{told.detail}</span>
        </p>
      )}
    </>
  )
}

const Rule = ({ known }: { known: Standing['rule'] }) => {
  const queries = useQueryClient()
  const set = useAct(setRule)
  const [roles, setRoles] = useState<readonly string[]>(known.roles)
  const [locations, setLocations] = useState<readonly string[]>(known.locations)
  const places = useAsk(listLocations).data?.locations ?? []
  const [grace, setGrace] = useState(`${known.graceDays}`)
  const days = Number(grace)
  return (
    <Form
      label="Whose devices must be managed"
      onSubmit={async () => {
        await set.run({ body: { roles: bindable.filter((role) => roles.includes(role)), locations: [...locations], graceDays: days } })
        await queries.invalidateQueries({ queryKey: keyOf(readManaged) })
      }}
    >
      {set.failed && <FailedBanner failed={set.failed} />}
      <CheckboxGroup
        label="Whose messages may lie on managed, compliant devices only"
        description="A new device of theirs is let in only where its management vouches for it."
        value={[...roles]}
        onChange={setRoles}
        options={bindable.map((role) => ({ id: role, label: roleWords[role] }))}
      />
      {places.length > 0 && (
        <CheckboxGroup
          label="Or of whoever works at"
          value={[...locations]}
          onChange={setLocations}
          options={places.map((it) => ({ id: it.location, label: it.name }))}
        />
      )}
      <TextField
        label="Days for which a device that is no longer compliant may go on"
        value={grace}
        onChange={(value) => setGrace(value.replaceAll(/\D/g, '').slice(0, 2))}
      />
      <div className="directory__buttons">
        <Button type="submit" isDisabled={grace === '' || days > 30} isPending={set.isPending} pendingLabel="Storing">
          Store the rule
        </Button>
      </div>
    </Form>
  )
}

const Open = ({ open, count }: Pick<Standing, 'open'> & { count: number }) => {
  const format = useTimeFormat()
  if (open.length === 0) return null
  return (
    <>
      <Banner tone="danger" title={count === 1 ? 'Nobody vouches for 1 device' : `Nobody vouches for ${count} devices`}>
        Unknown ones go on. One that is not compliant is kept out from the day beside it, unless its management takes that back before.
      </Banner>
      <DataTable
        caption="Devices that nobody vouches for"
        isCaptionHidden
        rows={open}
        rowKey={(it) => it.device}
        columns={[
          { id: 'person', title: 'Person', isRowHeader: true, cell: (it) => it.personName },
          { id: 'device', title: 'Device', cell: (it) => it.name },
          { id: 'posture', title: 'State', cell: (it) => <Badge tone="fail">{postureWords[it.posture]}</Badge> },
          { id: 'until', title: 'Kept out from', cell: (it) => (it.until === null ? 'Goes on' : fullTime(it.until, format)) },
        ]}
      />
    </>
  )
}

/** What device management named, a page at a time, and for which of our devices each one vouches. */
const Devices = ({ open }: Pick<Standing, 'open'>) => {
  const format = useTimeFormat()
  const [pages, setPages] = useState<readonly string[]>([])
  const after = pages.at(-1)
  const found = useAsk(readManaged, { body: after === undefined ? {} : { after } })
  const [chosen, setChosen] = useState<Standing['devices'][number] | null>(null)
  if (found.error) return <FailedBanner failed={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <Skeleton label="Devices of device management" lines={4} />
  const { devices, next, connection } = found.data
  if (devices.length === 0) return null
  return (
    <>
      <DataTable
        caption={`Devices of device management: ${connection?.seen ?? devices.length}`}
        rows={devices}
        rowKey={(it) => it.id}
        columns={[
          { id: 'name', title: 'Device', isRowHeader: true, cell: (it) => it.name },
          {
            id: 'user',
            title: 'User and system',
            cell: (it) => (
              <>
                {it.user || 'Nobody'}
                <br />
                {it.system} {it.osVersion}
              </>
            ),
          },
          {
            id: 'posture',
            title: 'State and last check-in',
            cell: (it) => (
              <>
                <Badge tone={it.posture === 'compliant' ? 'ok' : 'fail'}>{postureWords[it.posture]}</Badge>
                <br />
                {it.checkedInAt === null ? 'Never' : fullTime(it.checkedInAt, format)}
              </>
            ),
          },
          { id: 'used', title: 'Vouches for', cell: (it) => usedWords(it) ?? 'None' },
          {
            id: 'act',
            title: 'Change',
            isAct: true,
            cell: (it) => (
              <Button size="small" aria-label={`Change for which device ${it.name} vouches`} onPress={() => setChosen(it)}>
                Change
              </Button>
            ),
          },
        ]}
      />
      {(pages.length > 0 || next !== null) && (
        <div className="directory__buttons">
          <Button size="small" isDisabled={pages.length === 0} onPress={() => setPages((before) => before.slice(0, -1))}>
            Devices before
          </Button>
          <Button size="small" isDisabled={next === null} onPress={() => next !== null && setPages((before) => [...before, next])}>
            Further devices
          </Button>
        </div>
      )}
      {chosen !== null && <Vouching it={chosen} open={open} onClose={() => setChosen(null)} />}
    </>
  )
}

/** For whose device it vouches; null: for none. */
const usedWords = ({ used }: Standing['devices'][number]): string | null => (used === null ? null : `${used.personName}: ${used.name}`)

/** Says for which enrolled device a managed one vouches. */
const Vouching = ({ it, open, onClose }: { it: Standing['devices'][number]; open: Standing['open']; onClose: () => void }) => {
  const queries = useQueryClient()
  const act = useAct(bindManaged)
  const [device, setDevice] = useState(it.device ?? none)
  const now = usedWords(it)
  const present = it.device === null || now === null ? [] : [{ id: it.device, label: now, description: 'As now' }]
  const store = async () => {
    if (!(await act.run({ body: { id: it.id, device: device === none ? null : device } })).ok) return
    await queries.invalidateQueries({ queryKey: keyOf(readManaged) })
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`For which device does ${it.name} vouch?`}
      subtitle={it.user}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={act.isPending} onPress={() => void store()}>
            Store
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      <p>A browser cannot show on which machine it runs. One machine vouches for one device, and stays with it until you say otherwise.</p>
      {it.posture === 'not-compliant' && (
        <Banner tone="warning" title="This machine is not compliant.">
          The device that you choose is kept out once its days are over, if its person’s devices must be managed.
        </Banner>
      )}
      <RadioGroup
        label="Device"
        value={device}
        onChange={setDevice}
        options={[
          { id: none, label: 'None', description: 'The next device that its user adds may have it.' },
          ...present,
          ...open.slice(0, 50).map((one) => ({ id: one.device, label: `${one.personName}: ${one.name}` })),
        ]}
      />
    </Dialog>
  )
}
