import { Units } from '@wardline/product/access/care/web'
import { Guests } from '@wardline/product/access/guests/web'
import { People, useMay, useMe } from '@wardline/product/access/provisioning/web'
import { WhoCanWhat } from '@wardline/product/access/roles/web'
import { Training } from '@wardline/product/compliance/training/web'
import { ColleagueDevices } from '@wardline/product/team/devices/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { NewIdentities } from '@wardline/product/team/lost-keys/web'
import { useTeam } from '@wardline/product/team/messages/web'
import { Pane } from '@wardline/ui'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import { ColleagueBadges, Workstations } from '@wardline/product/access/workstations/web'
import { useDesk } from '../shell/desk.tsx'
import '../shell/shell.css'

const toSettings = () => go(paths.settings())

/** People, roles and places. */
export const PeopleScreen = () => {
  const mayBadge = useMay('workstation.set').yes
  const mayGuests = useMay('guest.read').yes
  return (
    <Pane title="People and roles" onBack={toSettings} backLabel="Back to Settings">
      <title>People and roles · Wardline</title>
      <div className="page">
        <People
          more={(it) => (
            <>
              <ColleagueDevices person={it.id} name={it.name} />
              {mayBadge && <ColleagueBadges person={it.id} name={it.name} />}
            </>
          )}
        />
        {mayGuests && <Guests />}
        <IdentityPanel />
      </div>
    </Pane>
  )
}

const IdentityPanel = () => {
  const [signs, stops] = [useMay('identity.sign').yes, useMay('identity.stop').yes]
  const { nameOf } = useColleagues()
  const team = useTeam()
  const me = useMe()
  const { resumeTeam } = useDesk()
  return signs || stops ? <NewIdentities team={team} me={me.person} maySign={signs} nameOf={nameOf} onSetUp={resumeTeam} /> : null
}

/** Who has done which training. */
export const TrainingScreen = () => (
  <Pane title="Training" onBack={toSettings} backLabel="Back to Settings">
    <title>Training · Wardline</title>
    <div className="page">
      <Training />
    </div>
  </Pane>
)

/** Units and their rosters. */
export const UnitsScreen = () => (
  <Pane title="Units and rosters" onBack={toSettings} backLabel="Back to Settings">
    <title>Units and rosters · Wardline</title>
    <div className="page">
      <Units />
    </div>
  </Pane>
)

/** The organisation's shared workstations. */
export const WorkstationsScreen = () => {
  const { signOut } = useDesk()
  return (
    <Pane title="Shared workstations" onBack={toSettings} backLabel="Back to Settings">
      <title>Shared workstations · Wardline</title>
      <div className="page">
        {/* From the next page on this browser is one: it sweeps itself before it shows anything. */}
        <Workstations
          organisation={useMe().organisation.name}
          onSetUp={() => void signOut().then(() => location.replace(paths.signIn()))}
        />
      </div>
    </Pane>
  )
}

/** Who can do what. */
export const PermissionsScreen = () => (
  <Pane title="Who can do what" onBack={toSettings} backLabel="Back to Settings">
    <title>Who can do what · Wardline</title>
    <div className="page">
      <WhoCanWhat mine={useMe().roles} />
    </div>
  </Pane>
)
