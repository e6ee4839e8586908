import { RecoveryCodes } from '@wardline/product/access/mfa/web'
import { MyPasskeys, type VaultOfPasskeys } from '@wardline/product/access/passkeys/web'
import { useMe } from '@wardline/product/access/provisioning/web'
import { may } from '@wardline/product/access/roles/preview'
import { MySessions } from '@wardline/product/access/sessions/web'
import { MyPin } from '@wardline/product/access/workstations/web'
import { OwnTraining } from '@wardline/product/compliance/training/web'
import { LinkSso } from '@wardline/product/access/sso/web'
import { MyDevices, RenewRecoveryKey } from '@wardline/product/team/devices/web'
import { useTeam, useTeamState } from '@wardline/product/team/messages/web'
import { AlertDialog, Button, Pane, Panel, RadioGroup, Switch, TextLink, type Theme } from '@wardline/ui'
import { useMemo, useState } from 'react'
import { paths } from '../paths.ts'
import { choose, usePreferences } from '../preferences.ts'
import { useDesk } from './desk.tsx'
import './shell.css'

/** One's own matters: how it looks, where one is signed in, which devices can read one's messages. */
export const Settings = () => {
  const me = useMe()
  const team = useTeam()
  const state = useTeamState()
  const { signOut, station } = useDesk()
  const { theme, singleKeys } = usePreferences()
  const [open, setOpen] = useState<'key' | 'forget' | null>(null)
  const isOpen = state?.status === 'ready'
  const vault = useMemo<VaultOfPasskeys | null>(
    () =>
      team === null || !isOpen
        ? null
        : {
            add: async (passkey, prf) => (await team.addPasskey(passkey, prf)).ok,
            remove: async (passkey) => (await team.removePasskey(passkey)).ok,
          },
    [team, isOpen],
  )
  return (
    <Pane title="Settings" subtitle={[me.name, me.title].filter((it) => it !== '').join(', ')}>
      <title>Settings · Wardline</title>
      <div className="page">
        <Panel title="The organisation">
          <ul className="page__links">
            {may(me.roles, 'pending.read').yes && (
              <li>
                <TextLink href={paths.people()}>People and roles</TextLink>
              </li>
            )}
            {may(me.roles, 'unit.edit').yes && (
              <li>
                <TextLink href={paths.units()}>Units and rosters</TextLink>
              </li>
            )}
            {may(me.roles, 'training.read').yes && (
              <li>
                <TextLink href={paths.training()}>Training</TextLink>
              </li>
            )}
            {may(me.roles, 'person.create').yes && (
              <li>
                <TextLink href={paths.setUp()}>What is still unsafe</TextLink>
              </li>
            )}
            {may(me.roles, 'workstation.set').yes && (
              <li>
                <TextLink href={paths.workstations()}>Shared workstations</TextLink>
              </li>
            )}
            {may(me.roles, 'directory.read').yes && (
              <li>
                <TextLink href={paths.directory()}>Sign-in connections</TextLink>
              </li>
            )}
            <li>
              <TextLink href={paths.notices()}>Notices: what was changed about you</TextLink>
            </li>
            <li>
              <TextLink href={paths.permissions()}>Who can do what</TextLink>
            </li>
          </ul>
        </Panel>
        <Panel title="Your trainings">
          <OwnTraining />
        </Panel>
        <Panel title="Appearance">
          <RadioGroup
            label="Theme"
            orientation="horizontal"
            value={theme}
            onChange={(it) => choose({ theme: it as Theme })}
            options={[
              { id: 'system', label: 'As this device' },
              { id: 'light', label: 'Light' },
              { id: 'dark', label: 'Dark' },
            ]}
          />
          <Switch
            isSelected={singleKeys}
            onChange={(it) => choose({ singleKeys: it })}
            description="J, K, U, C, R, G and ?. Never in fields."
          >
            Single-key shortcuts
          </Switch>
        </Panel>
        <Panel
          title="Where you are signed in"
          actions={
            <Button size="small" onPress={() => void signOut()}>
              Sign out here
            </Button>
          }
        >
          <MySessions />
        </Panel>
        <Panel title="PIN and badges for shared workstations">
          <MyPin />
        </Panel>
        <LinkSso />
        <Panel title="Passkeys">
          <MyPasskeys vault={vault} />
        </Panel>
        <Panel title="Recovery codes">
          <RecoveryCodes person={me.name} organisation={me.organisation.name} />
        </Panel>
        {team !== null && state !== null && (
          <Panel
            title="Devices that can read your messages"
            actions={
              <Button size="small" onPress={() => setOpen('key')}>
                New recovery key
              </Button>
            }
          >
            <MyDevices team={team} thisDevice={state.device} />
            {state.root !== null && (
              <p className="page__quiet">
                Root of {me.organisation.name}, to compare with the printed one:{' '}
                <span className="wl-mono">{state.root.match(/.{1,8}/g)?.join(' ')}</span>
              </p>
            )}
            {/* Where nothing is kept, signing out is forgetting. */}
            {station === null && state.storage === 'cache' && (
              <div>
                <Button size="small" onPress={() => setOpen('forget')}>
                  Sign out and forget my messages here
                </Button>
              </div>
            )}
          </Panel>
        )}
      </div>
      {open === 'key' && team !== null && (
        <RenewRecoveryKey team={team} me={{ name: me.name, organisation: me.organisation.name }} onClose={() => setOpen(null)} />
      )}
      {open === 'forget' && team !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setOpen(null)}
          title="Forget your messages in this browser?"
          actionLabel="Sign out and forget"
          onAction={() => void team.signOut().then(signOut)}
        >
          Keys, messages, drafts and what waits to be sent are removed from this browser. To open them here again you need your recovery
          key.
        </AlertDialog>
      )}
    </Pane>
  )
}
