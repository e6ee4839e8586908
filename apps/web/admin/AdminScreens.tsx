import { Units } from '@wardline/product/access/care/web'
import { Guests } from '@wardline/product/access/guests/web'
import { People, useMay, useMe } from '@wardline/product/access/provisioning/web'
import { WhoCanWhat } from '@wardline/product/access/roles/web'
import { Pane } from '@wardline/ui'
import '../shell/shell.css'

/** People, roles and places. */
export const PeopleScreen = () => (
  <Pane title="People and roles">
    <title>People and roles · Wardline</title>
    <div className="page">
      <People />
      {useMay('guest.read').yes && <Guests />}
    </div>
  </Pane>
)

/** Units and their rosters. */
export const UnitsScreen = () => (
  <Pane title="Units and rosters">
    <title>Units and rosters · Wardline</title>
    <div className="page">
      <Units />
    </div>
  </Pane>
)

/** Who can do what. */
export const PermissionsScreen = () => (
  <Pane title="Who can do what">
    <title>Who can do what · Wardline</title>
    <div className="page">
      <WhoCanWhat mine={useMe().roles} />
    </div>
  </Pane>
)
