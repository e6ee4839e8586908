import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** Where device management is asked: Microsoft Intune by Graph, or Jamf Pro. Addresses without a trailing slash. */
export interface MdmSettings {
  readonly vendor: 'intune' | 'jamf'
  /** Intune: where tokens are given, `https://login.microsoftonline.com`; Jamf: empty. */
  readonly loginUrl: string
  /** `https://graph.microsoft.com` or `https://<name>.jamfcloud.com`. */
  readonly apiUrl: string
  /** Intune: the directory (tenant) id; Jamf: empty. */
  readonly tenant: string
  readonly clientId: string
  /** Jamf: the smart group whose members are compliant; Intune judges by itself. */
  readonly compliantGroup: string
}

/** A device as its management knows it. Times in ms. */
export interface ManagedDevice {
  /** The vendor's id, with its kind before it. */
  readonly id: string
  readonly name: string
  /** The name by which its user signs in; empty where nobody is named. */
  readonly user: string
  readonly system: 'Windows' | 'macOS' | 'iOS' | 'Android' | 'Linux' | 'ChromeOS' | 'Unknown'
  readonly osVersion: string
  readonly owner: 'company' | 'personal' | 'unknown'
  readonly compliance: 'compliant' | 'not-compliant' | 'unknown'
  readonly checkedInAt: number | null
}

/** A page of devices; `next` is handed back for the page after it, null at the end. */
export interface MdmPage {
  readonly devices: readonly ManagedDevice[]
  readonly next: string | null
}

/** Why device management did not answer. `throttled` may be asked again after `retryAfterSeconds`; nothing was lost. */
export type MdmCode = 'throttled' | 'not-accepted' | 'not-allowed' | 'unreachable' | 'unreadable'

/** A refusal of device management, in words for an administrator; it never carries the secret. */
export class MdmRefused extends Error {
  readonly code: MdmCode
  readonly retryAfterSeconds: number
  constructor(code: MdmCode, message: string, retryAfterSeconds = 0) {
    super(message)
    this.name = 'MdmRefused'
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A vendor's device management. */
export interface Mdm {
  /** One page, from `cursor` or from the beginning. Throws MdmRefused. */
  page(settings: MdmSettings, secret: string, cursor: string | null): Promise<MdmPage>
}

const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])
const Role = OneOf('administrator', 'privacy-officer', 'security-officer', 'clinician', 'nurse', 'front-desk', 'operator', 'auditor')
const Address = Type.String({ pattern: '^(https?://[A-Za-z0-9.:\\[\\]-]{1,253})?$' })

/** Where device management is asked; see integrations/mdm. */
export const Settings = Shape({
  vendor: OneOf('intune', 'jamf'),
  loginUrl: Address,
  apiUrl: Address,
  tenant: Text(100, 0),
  clientId: Text(200),
  compliantGroup: Text(200, 0),
})

const Posture = OneOf('compliant', 'not-compliant', 'unknown')

/** Whose messages may lie only on managed devices that their management calls compliant: by role, or by where they work. */
const Rule = Shape({ roles: List(Role, 8), locations: List(Id, 500), graceDays: Type.Integer({ minimum: 0, maximum: 30 }) })

export const readManaged = endpoint({
  name: 'team.managed-devices',
  method: 'GET',
  path: '/api/v1/admin/managed-devices',
  summary: 'Device management, never its secret; the rule; what it says of each device; whose devices it does not vouch for',
  /** `after`: the `next` of the page of devices before. */
  takes: Shape({ after: Type.Optional(Text(120)) }),
  gives: Shape({
    connection: Maybe(
      Shape({
        settings: Settings,
        on: Type.Boolean(),
        workedAt: Maybe(Moment),
        seen: Count,
        problem: Maybe(Shape({ what: Text(600, 0), at: Moment })),
      }),
    ),
    rule: Rule,
    devices: List(
      Shape({
        id: Text(120),
        name: Text(200, 0),
        user: Text(200, 0),
        system: Text(40),
        osVersion: Text(60, 0),
        owner: OneOf('company', 'personal', 'unknown'),
        posture: Posture,
        checkedInAt: Maybe(Moment),
        /** The one enrolled device that it vouches for, ... */
        device: Maybe(Id),
        /** ... and whose that is. */
        used: Maybe(Shape({ personName: Text(120), name: Text(60) })),
      }),
      100,
    ),
    next: Maybe(Text(120)),
    /** Enrolled devices of people whom the rule binds, which nobody vouches for. `until`: then a device that is not compliant is kept out. */
    open: List(Shape({ person: Id, personName: Text(120), device: Id, name: Text(60), posture: Posture, until: Maybe(Moment) }), 1_000),
    openCount: Count,
  }),
  fails: {},
})

const secretMissing = {
  status: 422,
  what: 'The secret of the application is missing.',
  next: 'Nothing was stored. Enter it: another address or application does not get the old one.',
} as const

export const setManaged = endpoint({
  name: 'team.managed-devices.set',
  method: 'PUT',
  path: '/api/v1/admin/managed-devices',
  summary: 'Sets device management, on or off. Without a secret the old one stays, as long as addresses and application are the same.',
  takes: Shape({ settings: Settings, on: Type.Boolean(), secret: Type.Optional(Text(2_000)) }),
  gives: Shape({}),
  fails: { 'secret-missing': secretMissing },
})

export const testManaged = endpoint({
  name: 'team.managed-devices.test',
  method: 'POST',
  path: '/api/v1/admin/managed-devices/test',
  summary: 'Asks device management for its first page and tells what came, or the exact error. Changes nothing.',
  takes: Shape({ settings: Settings, secret: Type.Optional(Text(2_000)) }),
  gives: Shape({ ok: Type.Boolean(), detail: Text(600, 0), devices: Count, compliant: Count }),
  fails: { 'secret-missing': secretMissing },
})

export const setRule = endpoint({
  name: 'team.managed-devices.rule',
  method: 'PUT',
  path: '/api/v1/admin/managed-devices/rule',
  summary: 'Says whose messages may lie only on managed devices that are compliant, and how long one that no longer is may go on',
  takes: Rule,
  gives: Shape({}),
  fails: {
    'no-connection': {
      status: 409,
      what: 'Device management has not answered for a day or is switched off: nobody could add a device.',
      next: 'Nothing was changed. Set it up, switch it on and wait for its first whole answer.',
    },
    'bad-location': { status: 422, what: 'There is no such location.', next: 'Nothing was changed. Choose from the list.' },
  },
})

export const bindManaged = endpoint({
  name: 'team.managed-devices.bind',
  method: 'PUT',
  path: '/api/v1/admin/managed-devices/vouching',
  summary: 'Says for which enrolled device a managed one vouches, or that it vouches for none',
  takes: Shape({ id: Text(120), device: Maybe(Id) }),
  gives: Shape({}),
  fails: {
    'not-enrolled': {
      status: 409,
      what: 'That device is not in use any more.',
      next: 'Nothing was changed. Load the page again.',
    },
  },
})

export const connectionSet = fact({
  kind: 'team.managed-devices.set',
  payload: Shape({ vendor: OneOf('intune', 'jamf'), on: Type.Boolean() }),
  says: 'set up device management',
})

export const ruleSet = fact({
  kind: 'team.managed-devices.rule-set',
  payload: Shape({ version: Count, roles: List(Role, 8), locations: List(Id, 500), graceDays: Count }),
  says: 'said whose devices must be managed',
})

export const deviceVouched = fact({
  kind: 'team.managed-devices.vouched',
  payload: Shape({ person: Id, device: Id, managed: Text(120) }),
  says: 'enrolled a device that its management vouches for',
})

export const managedBound = fact({
  kind: 'team.managed-devices.bound',
  payload: Shape({ managed: Text(120), device: Maybe(Id) }),
  says: 'said for which enrolled device a managed one vouches',
})

export const compliancesLost = fact({
  kind: 'team.managed-devices.compliance-lost',
  payload: Shape({ managed: Text(120), device: Maybe(Id) }),
  says: 'a managed device is no longer compliant',
})
