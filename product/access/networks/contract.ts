import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

export { outsideWords, trialMinutes } from './words.ts'
export type { Outside } from './words.ts'

/** A network in CIDR notation (RFC 4632, RFC 4291), IPv4 or IPv6; a single address is one of /32 or /128. */
export const Network = Shape({ cidr: Text(49, 2), name: Text(80) })
const Outside = OneOf('absent', 'step-up')
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])

const Version = Shape({
  version: Count,
  /** From where administration is done; an empty list: from everywhere. */
  networks: List(Network, 200),
  outside: Outside,
  setBy: Maybe(Id),
  setAt: Moment,
  /** While it is only tried: when the list before it comes back by itself. */
  trialUntil: Maybe(Moment),
})

export const adminNetworks = endpoint({
  name: 'access.networks',
  method: 'GET',
  path: '/api/v1/networks',
  summary: 'From which networks administration is done, and from where this request came.',
  takes: Shape({}),
  gives: Shape({ inForce: Version, here: Text(64), hereIsIn: Type.Boolean() }),
  fails: {},
})

export const setAdminNetworks = endpoint({
  name: 'access.networks.set',
  method: 'PUT',
  path: '/api/v1/networks',
  summary: 'Says from which networks administration is done. A list without the network of this request needs `trialMinutes`.',
  takes: Shape({
    networks: List(Network, 200),
    outside: Outside,
    trialMinutes: Type.Optional(Type.Integer({ minimum: 5, maximum: 60 })),
  }),
  gives: Version,
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
      what: 'Requests come through a proxy that this server was not told of, so it cannot know from where they come.',
      next: 'Nothing was saved. Whoever runs the server sets WARDLINE_PROXY=yes; then save again.',
    },
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

export const networksSet = fact({
  kind: 'access.networks.set',
  payload: Shape({ version: Count, networks: List(Text(49), 200), outside: Outside, trialUntil: Maybe(Moment) }),
  says: 'said from which networks administration is done',
})

export const networksConfirmed = fact({
  kind: 'access.networks.confirmed',
  payload: Shape({ version: Count }),
  says: 'kept a list of networks that was being tried',
})
