/** The table of contents: every feature of the server, in the order in which their migrations run. */
import type { FactKind } from '@wardline/platform/contract'
import { contentErased, openOutgoing, recordRead } from '@wardline/platform/server'
import type { Feature, Outgoing } from '@wardline/platform/server'
import { breakGlass } from '@wardline/product/access/break-glass/server'
import { care } from '@wardline/product/access/care/server'
import { dualControl } from '@wardline/product/access/dual-control/server'
import { guests } from '@wardline/product/access/guests/server'
import { locations, moveOnApproval } from '@wardline/product/access/locations/server'
import { directorySync } from '@wardline/product/access/directory-sync/server'
import { ldap } from '@wardline/product/access/ldap/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { changeAdministrationOnApproval, keepRecordsOnApproval, networks, placesOfRule } from '@wardline/product/access/networks/server'
import { passkeys } from '@wardline/product/access/passkeys/server'
import { policies } from '@wardline/product/access/policies/server'
import { enrolOnApproval, grantOnApproval, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { scim } from '@wardline/product/access/scim/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { sso } from '@wardline/product/access/sso/server'
import { unusualAccess } from '@wardline/product/access/unusual-access/server'
import { workstations } from '@wardline/product/access/workstations/server'
import { archive } from '@wardline/product/compliance/archive/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { firstRun } from '@wardline/product/compliance/first-run/server'
import { training } from '@wardline/product/compliance/training/server'
import { openMdm } from '@wardline/product/integrations/mdm/server'
import { emptyTwiml, twilioCarrier } from '@wardline/product/integrations/sms/server'
import type { Carrier } from '@wardline/product/integrations/sms/contract'
import { appointments } from '@wardline/product/patients/appointments/server'
import { consent } from '@wardline/product/patients/consent/server'
import { isPatient, peopleOf, roster } from '@wardline/product/patients/roster/server'
import { texting } from '@wardline/product/patients/texting/server'
import { conversations, followDevices } from '@wardline/product/team/conversations/server'
import { devices } from '@wardline/product/team/devices/server'
import { directory } from '@wardline/product/team/directory/server'
import { lostKeys } from '@wardline/product/team/lost-keys/server'
import { admission, managedDevices } from '@wardline/product/team/managed-devices/server'
import { messages } from '@wardline/product/team/messages/server'
import * as breakGlassContract from '@wardline/product/access/break-glass/contract'
import * as careContract from '@wardline/product/access/care/contract'
import * as dualControlContract from '@wardline/product/access/dual-control/contract'
import * as guestsContract from '@wardline/product/access/guests/contract'
import * as locationsContract from '@wardline/product/access/locations/contract'
import * as directorySyncContract from '@wardline/product/access/directory-sync/contract'
import * as ldapContract from '@wardline/product/access/ldap/contract'
import * as mfaContract from '@wardline/product/access/mfa/contract'
import * as networksContract from '@wardline/product/access/networks/contract'
import * as passkeysContract from '@wardline/product/access/passkeys/contract'
import * as policiesContract from '@wardline/product/access/policies/contract'
import * as provisioningContract from '@wardline/product/access/provisioning/contract'
import * as rolesContract from '@wardline/product/access/roles/contract'
import * as scimContract from '@wardline/product/access/scim/contract'
import * as sessionsContract from '@wardline/product/access/sessions/contract'
import * as signInContract from '@wardline/product/access/sign-in/contract'
import * as ssoContract from '@wardline/product/access/sso/contract'
import * as unusualAccessContract from '@wardline/product/access/unusual-access/contract'
import * as workstationsContract from '@wardline/product/access/workstations/contract'
import * as archiveContract from '@wardline/product/compliance/archive/contract'
import * as firstRunContract from '@wardline/product/compliance/first-run/contract'
import * as trainingContract from '@wardline/product/compliance/training/contract'
import * as appointmentsContract from '@wardline/product/patients/appointments/contract'
import * as consentContract from '@wardline/product/patients/consent/contract'
import * as rosterContract from '@wardline/product/patients/roster/contract'
import * as textingContract from '@wardline/product/patients/texting/contract'
import * as conversationsContract from '@wardline/product/team/conversations/contract'
import * as devicesContract from '@wardline/product/team/devices/contract'
import * as lostKeysContract from '@wardline/product/team/lost-keys/contract'
import * as managedDevicesContract from '@wardline/product/team/managed-devices/contract'
import * as messagesContract from '@wardline/product/team/messages/contract'
import type { CarrierSettings } from './config.ts'

const contracts: readonly object[] = [
  breakGlassContract,
  careContract,
  dualControlContract,
  guestsContract,
  locationsContract,
  directorySyncContract,
  ldapContract,
  mfaContract,
  networksContract,
  passkeysContract,
  policiesContract,
  provisioningContract,
  rolesContract,
  scimContract,
  sessionsContract,
  signInContract,
  ssoContract,
  unusualAccessContract,
  workstationsContract,
  archiveContract,
  firstRunContract,
  trainingContract,
  appointmentsContract,
  consentContract,
  rosterContract,
  textingContract,
  conversationsContract,
  devicesContract,
  lostKeysContract,
  managedDevicesContract,
  messagesContract,
]

/** What stands outside: vendors, and where they reach this server. */
export interface Ports {
  /** Null: no account with a text carrier. */
  readonly carrier: Carrier | null
  /** Without a trailing slash; asked when it is needed, because a port may be found late. */
  readonly publicOrigin: () => string
  /** How addresses that administrators type are reached; without it, the public Internet alone. */
  readonly outgoing?: Outgoing
}

/** A Twilio carrier of these settings; null without an account. */
export const carrierOf = (settings: CarrierSettings | undefined): Carrier | null =>
  settings
    ? twilioCarrier(
        { accountSid: settings.accountSid, authToken: settings.authToken, baseUrl: settings.baseUrl },
        { fetch: globalThis.fetch },
      )
    : null

/** All features of a server. */
export function wardlineFeatures(ports: Ports = { carrier: null, publicOrigin: () => '' }): readonly Feature[] {
  const texts = texting({ ...ports, received: emptyTwiml })
  const outgoing = ports.outgoing ?? openOutgoing()
  const features: Feature[] = [
    provisioning,
    roles,
    dualControl([grantOnApproval, enrolOnApproval, keepRecordsOnApproval, changeAdministrationOnApproval, moveOnApproval]),
    guests,
    mfa,
    sessions,
    signIn,
    passkeys(ports),
    policies,
    locations({ placesOfRule }),
    care,
    breakGlass({ isPatient }),
    networks,
    unusualAccess({ namesOf: peopleOf }),
    directorySync,
    scim(ports),
    ldap({ outgoing }),
    workstations,
    sso({ outgoing, publicOrigin: ports.publicOrigin }),
    devices(followDevices, admission),
    lostKeys(followDevices, admission),
    managedDevices({ mdm: openMdm(outgoing) }),
    directory,
    conversations,
    messages,
    roster(texts.ports),
    consent,
    texts.feature,
    appointments(texts.options),
    archive,
    firstRun(ports),
    training,
  ]
  return [...features, audit(sentencesOf())]
}

/** The sentence of each kind of fact, from the contracts that declare them. */
export function sentencesOf(): (kind: string) => string {
  const says = new Map(
    [recordRead, contentErased, ...contracts.flatMap((module) => Object.values(module).filter(isFact))].map((kind) => [
      kind.kind,
      kind.says,
    ]),
  )
  return (kind) => says.get(kind) ?? kind.replaceAll(/[.-]/g, ' ')
}

const isFact = (it: unknown): it is FactKind => typeof it === 'object' && it !== null && 'says' in it && 'kind' in it && 'bucket' in it
