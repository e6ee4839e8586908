import { GroupRoles } from '@wardline/product/access/directory-sync/web'
import { LdapPanel } from '@wardline/product/access/ldap/web'
import { ScimTokens } from '@wardline/product/access/scim/web'
import { Connections } from '@wardline/product/access/sso/web'
import { useMay, useMe } from '@wardline/product/access/provisioning/web'
import { Leavers, SignerForLeavers } from '@wardline/product/team/conversations/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { ManagedDevices } from '@wardline/product/team/managed-devices/web'
import { useTeam } from '@wardline/product/team/messages/web'
import { Pane } from '@wardline/ui'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import { useDesk } from './desk.tsx'
import './shell.css'

/** How people of the organisation sign in, and where they come from. */
export const DirectoryScreen = () => (
  <Pane
    title="Sign-in connections"
    subtitle="Your identity provider and your directory"
    onBack={() => go(paths.settings())}
    backLabel="Back to Settings"
  >
    <title>Sign-in connections · Wardline</title>
    <div className="page">
      <Connections />
      <ScimTokens />
      <LdapPanel />
      <GroupRoles />
      <ManagedDevices />
      <Leavers />
      <HandPanel />
    </div>
  </Pane>
)

const HandPanel = () => {
  const maySet = useMay('directory.set').yes
  const { nameOf } = useColleagues()
  return <SignerForLeavers team={useTeam()} me={useMe().person} maySet={maySet} nameOf={nameOf} onSetUp={useDesk().resumeTeam} />
}
