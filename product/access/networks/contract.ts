import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Role, RoleList } from '@wardline/product/access/roles/contract'

export { outsideWords, trialMinutes } from './words.ts'
export type { Outside } from './words.ts'

/** A network in CIDR notation (RFC 4632, RFC 4291), IPv4 or IPv6; a single address is one of /32 or /128. */
export const Network = Shape({ cidr: Text(49, 2), name: Text(80) })
const Outside = OneOf('absent', 'step-up')
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])

const version = {
  version: Count,
  /** From where administration is done; an empty list: from everywhere. */
  networks: List(Network, 200),
  outside: Outside,
  setBy: Maybe(Id),
  setAt: Moment,
  /** While it is only tried: when the list before it comes back by itself. */
  trialUntil: Maybe(Moment),
  /** The second person who agreed: where it hides administration from elsewhere, or opens more than the list before. */
  agreedBy: Maybe(Id),
}
const Version = Shape(version)
const Decidable = Type.Union([Type.Literal(true), Text(200)])

export const adminNetworks = endpoint({
  name: 'access.networks',
  method: 'GET',
  path: '/api/v1/networks',
  summary: 'From which networks administration is done, what waits for a second person, and from where this request came.',
  takes: Shape({}),
  gives: Shape({
    inForce: Version,
    /** A list that another person has not decided yet. */
    waiting: Maybe(Shape({ act: Id, list: Version, decidable: Decidable })),
    here: Text(64),
    hereIsIn: Type.Boolean(),
  }),
  fails: {},
})

const alreadyAsked = {
  status: 409,
  what: 'Another change of these networks waits for a second person.',
  next: 'Nothing was saved. Have it decided or taken back first.',
} as const

export const setAdminNetworks = endpoint({
  name: 'access.networks.set',
  method: 'PUT',
  path: '/api/v1/networks',
  summary:
    'Says from which networks administration is done. A list without the network of this request needs `trialMinutes`; one that hides administration from elsewhere counts once a second person agrees, from inside it; one that opens more than the list before, once a second person agrees. Both at once where there is nobody to ask.',
  takes: Shape({
    networks: List(Network, 200),
    outside: Outside,
    trialMinutes: Type.Optional(Type.Integer({ minimum: 5, maximum: 60 })),
  }),
  gives: Shape({ ...version, waits: Type.Boolean() }),
  fails: {
    'not-a-network': {
      status: 422,
      what: 'This is no network in CIDR notation, like 203.0.113.0/24 or 2001:db8::/48.',
      next: 'Nothing was saved. Correct the named line.',
    },
    'locks-you-out': {
      status: 409,
      what: 'You are not in one of these networks: this would lock you out.',
      next: 'Nothing was saved. Add your own network, or try the list for some minutes: then the one before comes back by itself.',
    },
    'proxy-not-declared': {
      status: 409,
      what: 'Requests come through a proxy that this server was not told of, or that does not say for whom, so it cannot know from where they come.',
      next: 'Nothing was saved. Whoever runs the server sets WARDLINE_PROXY and has the proxy send X-Forwarded-For; then save again.',
    },
    'already-asked': alreadyAsked,
  },
})

export const confirmAdminNetworks = endpoint({
  name: 'access.networks.confirm',
  method: 'POST',
  path: '/api/v1/networks/confirm',
  summary: 'Keeps a list that is being tried; only from one of its own networks.',
  takes: Shape({ version: Count }),
  gives: Version,
  fails: {
    'locks-you-out': setAdminNetworks.fails['locks-you-out'],
    'trial-over': {
      status: 409,
      what: 'This list is not being tried any more.',
      next: 'The list before it counts again. Save the new one again.',
    },
  },
})

const RecordsRule = {
  /** From where records are opened; an empty list: from everywhere. */
  networks: List(Network, 200),
  /** Whom it binds: who has one of these roles, ... */
  roles: Type.Array(Role, { minItems: 1, maxItems: 8 }),
  /** ... and works at one of these locations; an empty list: wherever they work. */
  locations: List(Id, 500),
}
const RecordsVersion = Shape({ version: Count, ...RecordsRule, askedBy: Maybe(Id), askedAt: Moment, agreedBy: Maybe(Id) })

export const recordNetworks = endpoint({
  name: 'access.networks.records',
  method: 'GET',
  path: '/api/v1/networks/records',
  summary:
    'To which networks patients’ records and archives are kept and for whom, what waits for a second person, and how the caller stands.',
  takes: Shape({}),
  gives: Shape({
    inForce: Maybe(RecordsVersion),
    /** A change that another person has not decided yet, and the act by which they do. */
    waiting: Maybe(Shape({ act: Id, rule: RecordsVersion, decidable: Decidable })),
    here: Text(64),
    /** Those of the caller’s roles that open no records from here. */
    closed: RoleList,
  }),
  fails: {},
})

export const keepRecords = endpoint({
  name: 'access.networks.keep-records',
  method: 'PUT',
  path: '/api/v1/networks/records',
  summary:
    'Asks to keep patients’ records and archives to these networks, for people in these roles and at these locations. It counts once a second person agrees, from inside them; at once where there is nobody to ask.',
  takes: Shape({
    ...RecordsRule,
    /** Also from outside these networks: records are closed to whoever asks, where they are now, if it binds them. */
    anyway: Type.Optional(Type.Boolean()),
  }),
  gives: Shape({ version: Count, waits: Type.Boolean() }),
  fails: {
    'not-a-network': setAdminNetworks.fails['not-a-network'],
    'proxy-not-declared': setAdminNetworks.fails['proxy-not-declared'],
    'closes-to-you': {
      status: 409,
      what: 'You are not in one of these networks: from here this would close records to you and to whoever else is here.',
      next: 'Nothing was saved. Add your own network, or say that you mean it and have somebody inside agree.',
    },
    'already-asked': alreadyAsked,
  },
})

export const networksSet = fact({
  kind: 'access.networks.set',
  payload: Shape({ version: Count, networks: List(Text(49), 200), outside: Outside, trialUntil: Maybe(Moment) }),
  says: 'said from which networks administration is done',
})

export const networksAsked = fact({
  kind: 'access.networks.asked',
  payload: Shape({ version: Count, networks: List(Text(49), 200) }),
  says: 'asked to change from which networks administration is done',
})

export const networksOpened = fact({
  kind: 'access.networks.opened-at-server',
  payload: Shape({ version: Count }),
  says: 'opened administration from everywhere again, at the server itself',
})

export const networksConfirmed = fact({
  kind: 'access.networks.confirmed',
  payload: Shape({ version: Count }),
  says: 'kept a list of networks that was being tried',
})

export const recordNetworksAsked = fact({
  kind: 'access.networks.records-asked',
  payload: Shape({ version: Count, networks: List(Text(49), 200), roles: RoleList, locations: List(Id, 500) }),
  says: 'asked to keep records to named networks',
})

export const recordNetworksKept = fact({
  kind: 'access.networks.records-kept',
  payload: Shape({ version: Count, networks: List(Text(49), 200), roles: RoleList, locations: List(Id, 500) }),
  says: 'kept records to named networks',
})
