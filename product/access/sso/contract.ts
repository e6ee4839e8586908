import { endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Place } from '@wardline/product/access/sessions/contract'
import { SignedIn } from '@wardline/product/access/sign-in/contract'

/** The word in the address of a connection's sign-in page, e.g. `mercy` in /sso/mercy. */
export const Address = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,39}$' })

const Token = Type.String({ pattern: '^[A-Za-z0-9_-]{64}$' })
const Url = Type.String({ pattern: '^https?://[^\\s<>"]{1,500}$', maxLength: 510 })

/** Signature algorithms of id_tokens that are taken (RFC 8725): asymmetric ones. */
export const IdTokenAlgorithm = OneOf('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA')

/** OpenID Connect at one provider. */
export const OidcSettings = Shape({
  kind: Type.Literal('oidc'),
  /** Exactly as the provider writes it; its configuration is read below it. */
  issuer: Url,
  clientId: Text(255),
  scope: Text(200),
  algorithm: IdTokenAlgorithm,
  /** The claim with the provider's name for a person, to find whom the directory created. */
  nameClaim: Text(120),
  /** Values of `amr` (RFC 8176) and `acr` that prove two factors; none: ours is always asked for. */
  amr: List(Text(200), 20),
  acr: List(Text(200), 20),
})

/** SAML 2.0 at one provider. */
export const SamlSettings = Shape({
  kind: Type.Literal('saml'),
  /** The provider's entity id. */
  entityId: Text(500),
  signOnUrl: Url,
  /** Its signing certificates, PEM; two while it changes them. */
  certificates: List(Text(8_000), 4),
  /** The attribute with the provider's name for a person; empty: the NameID. */
  nameAttribute: Text(200, 0),
  /** Values of AuthnContextClassRef that prove two factors; none: ours is always asked for. */
  contexts: List(Text(300), 20),
})

/** How a provider is spoken to. */
export const Settings = Type.Union([OidcSettings, SamlSettings])

const Fields = {
  label: Text(80),
  address: Address,
  listed: Type.Boolean(),
  firstLink: Type.Boolean(),
  settings: Settings,
}

/** A connection as its administrator sees it. */
export const Connection = Shape({
  id: Id,
  ...Fields,
  on: Type.Boolean(),
  demanded: Type.Boolean(),
  hasSecret: Type.Boolean(),
  /** What the provider's side has to be told. */
  ours: Shape({ redirectUri: Text(600), entityId: Text(600), assertionUrl: Text(600), metadataUrl: Text(600), signInUrl: Text(600) }),
  linked: Type.Integer(),
  workedAt: Type.Union([Moment, Type.Null()]),
  problem: Type.Union([Shape({ code: Text(60), detail: Text(600, 0), at: Moment }), Type.Null()]),
})

const noConnection = {
  status: 404,
  what: 'There is no such way to sign in.',
  next: 'Nothing was changed. Sign in with your name and password, or ask your administrator for the right address.',
} as const

/** Why a sign-in at the provider did not lead in; what exactly was wrong is told to the administrator only. */
export const ssoFailures = {
  'sso-failed': {
    status: 401,
    what: 'Your organisation’s sign-in did not prove who you are.',
    next: 'Nothing was changed. Try again; if it lasts, your administrator sees the exact reason under Admin, Sign-in connections.',
  },
  'sso-expired': {
    status: 410,
    what: 'This sign-in was begun too long ago, in another browser, or has been used already.',
    next: 'Nothing was changed. Begin again from the sign-in page.',
  },
  'sso-not-linked': {
    status: 401,
    what: 'Your organisation’s sign-in worked, but nobody here is linked to it.',
    next: 'Nothing was changed. Sign in with your name and password and link it in Settings, or ask your administrator.',
  },
  'sso-unreachable': {
    status: 502,
    what: 'Your organisation’s sign-in service does not answer as it should.',
    next: 'Nothing was changed. Try again in a minute; if it lasts, call your IT department. Named administrators can sign in with their password.',
  },
} as const

export const offers = endpoint({
  name: 'access.sso.offers',
  method: 'GET',
  path: '/api/v1/sso/offers',
  summary: 'Organisation sign-ins that the sign-in page offers: the one with this address, or those that are shown to everybody.',
  takes: Shape({ address: Type.Optional(Address) }),
  gives: Shape({ offers: List(Shape({ connection: Id, label: Text(80), address: Address }), 20) }),
  fails: {},
})

export const begin = endpoint({
  name: 'access.sso.begin',
  method: 'POST',
  path: '/api/v1/sso/begin',
  summary: 'Begins a sign-in at the organisation’s provider; this browser alone can finish it, within ten minutes.',
  takes: Shape({ connection: Id, place: Type.Optional(Place) }),
  gives: Shape({ url: Text(8_000) }),
  fails: { 'no-connection': noConnection, 'sso-unreachable': ssoFailures['sso-unreachable'] },
})

export const beginLink = endpoint({
  name: 'access.sso.link.begin',
  method: 'POST',
  path: '/api/v1/sso/link',
  summary: 'Begins linking oneself to the organisation’s provider, while signed in.',
  takes: Shape({ connection: Id }),
  gives: Shape({ url: Text(8_000) }),
  fails: { 'no-connection': noConnection, 'sso-unreachable': ssoFailures['sso-unreachable'] },
})

/** What a connection's trial told; values of claims that name a person are left out. */
export const Trial = Shape({
  subject: Type.Boolean(),
  name: Text(300, 0),
  proof: Text(600, 0),
  secondFactor: Type.Boolean(),
  linkedTo: Type.Union([Id, Type.Null()]),
})

export const finish = endpoint({
  name: 'access.sso.finish',
  method: 'POST',
  path: '/api/v1/sso/finish',
  summary: 'Finishes what was begun in this browser: with the provider’s answer in the address (OpenID Connect), or the handover (SAML).',
  takes: Shape({
    /** The query of the page that the provider sent the browser to. */
    answer: Type.Optional(Text(8_000)),
    handover: Type.Optional(Token),
  }),
  gives: Type.Union([
    Shape({ is: Type.Literal('signed-in'), session: SignedIn }),
    Shape({ is: Type.Literal('second-factor'), ticket: Token, until: Moment }),
    Shape({ is: Type.Literal('linked') }),
    Shape({ is: Type.Literal('tested'), trial: Trial }),
  ]),
  fails: ssoFailures,
})

export const assertionConsumer = endpoint({
  name: 'access.sso.saml.acs',
  method: 'POST',
  path: '/api/v1/sso/saml/:connection/acs',
  summary: 'Takes a SAML response by HTTP POST (SAML 2.0 bindings, 3.5) and sends the browser back to the application.',
  body: 'form',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const metadata = endpoint({
  name: 'access.sso.saml.metadata',
  method: 'GET',
  path: '/api/v1/sso/saml/:connection/metadata',
  summary: 'This service’s SAML metadata for one connection, to be given to the provider.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const connections = endpoint({
  name: 'access.sso.connections.list',
  method: 'GET',
  path: '/api/v1/admin/sso',
  summary: 'The organisation’s sign-in connections and who may sign in without them.',
  takes: Shape({}),
  gives: Shape({
    connections: List(Connection, 20),
    demanded: Type.Union([Id, Type.Null()]),
    exempt: List(Id, 20),
  }),
  fails: {},
})

const connectionFailures = {
  'address-taken': {
    status: 409,
    what: 'This address is in use.',
    next: 'Nothing was stored. Choose another word.',
  },
  'bad-certificate': {
    status: 422,
    what: 'A certificate cannot be read, or its key is too weak (RSA below 2,048 bits).',
    next: 'Nothing was stored. Paste the signing certificate as PEM, from BEGIN CERTIFICATE to END CERTIFICATE.',
  },
} as const

export const addConnection = endpoint({
  name: 'access.sso.connections.add',
  method: 'POST',
  path: '/api/v1/admin/sso',
  summary: 'Adds a sign-in connection; it is off until it is turned on.',
  takes: Shape({ ...Fields, secret: Type.Optional(Text(500)) }),
  gives: Connection,
  fails: connectionFailures,
})

export const changeConnection = endpoint({
  name: 'access.sso.connections.change',
  method: 'PUT',
  path: '/api/v1/admin/sso/:connection',
  summary: 'Changes a connection, turns it on or off. Without a secret the old one stays.',
  takes: Shape({ ...Fields, on: Type.Boolean(), secret: Type.Optional(Text(500)) }),
  gives: Connection,
  fails: {
    ...connectionFailures,
    'still-demanded': {
      status: 409,
      what: 'The organisation demands this connection of everybody.',
      next: 'Nothing was changed. Stop demanding it first.',
    },
  },
})

export const readMetadata = endpoint({
  name: 'access.sso.metadata.read',
  method: 'POST',
  path: '/api/v1/admin/sso/metadata',
  summary: 'Reads a provider’s SAML metadata, from its address or as pasted, into settings. Stores nothing.',
  takes: Shape({ url: Type.Optional(Url), xml: Type.Optional(Text(60_000)) }),
  gives: Shape({ settings: SamlSettings }),
  fails: {
    'unreadable-metadata': {
      status: 422,
      what: 'The metadata cannot be read; the field says why.',
      next: 'Nothing was stored. Check the address, or paste the metadata.',
    },
  },
})

/** One thing that was tried, with the exact error where there is one. */
export const Check = Shape({ name: Text(120), ok: Type.Boolean(), detail: Text(600, 0) })

export const testConnection = endpoint({
  name: 'access.sso.connections.test',
  method: 'POST',
  path: '/api/v1/admin/sso/:connection/test',
  summary: 'Tries a connection as far as that goes without a person, and gives the address at which the administrator can try it whole.',
  takes: Shape({}),
  gives: Shape({ checks: List(Check, 20), url: Type.Union([Text(8_000), Type.Null()]) }),
  fails: {},
})

export const setDemand = endpoint({
  name: 'access.sso.demand',
  method: 'PUT',
  path: '/api/v1/admin/sso-demand',
  summary: 'Says which connection everybody must use, or none, and which administrators may come in without it.',
  takes: Shape({ connection: Type.Union([Id, Type.Null()]), exempt: List(Id, 20) }),
  gives: Shape({}),
  fails: {
    'nobody-exempt': {
      status: 422,
      what: 'Nobody could come in while the provider is away.',
      next: 'Nothing was changed. Name at least one administrator with a password of their own, better two.',
    },
    'not-an-administrator': {
      status: 422,
      what: 'Only administrators can be named.',
      next: 'Nothing was changed. Choose administrators.',
    },
    'not-tried': {
      status: 409,
      what: 'Nobody has signed in by this connection yet, or it is off.',
      next: 'Nothing was changed. Turn it on, link yourself and sign in by it once; then demand it.',
    },
  },
})

export const myLinks = endpoint({
  name: 'access.sso.links',
  method: 'GET',
  path: '/api/v1/sso/links',
  summary: 'The connections of one’s organisation, and whether one is linked.',
  takes: Shape({}),
  gives: Shape({ links: List(Shape({ connection: Id, label: Text(80), linkedAt: Type.Union([Moment, Type.Null()]) }), 20) }),
  fails: {},
})

export const endLink = endpoint({
  name: 'access.sso.link.end',
  method: 'DELETE',
  path: '/api/v1/sso/links/:connection',
  summary: 'Ends one’s own link to a connection.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

const Named = Shape({ connection: Id })

export const connectionChanged = fact({
  kind: 'access.sso.connection-changed',
  payload: Shape({ connection: Id, version: Type.Integer(), on: Type.Boolean(), settings: Text(64) }),
  says: 'set up a sign-in connection',
})

export const demandChanged = fact({
  kind: 'access.sso.demand-changed',
  payload: Shape({ connection: Type.Union([Id, Type.Null()]), exempt: List(Id, 20) }),
  says: 'changed whether everybody must use the organisation’s sign-in',
})

export const linked = fact({
  kind: 'access.sso.linked',
  payload: Shape({ person: Id, connection: Id, how: OneOf('themselves', 'directory') }),
  says: 'linked a person to the organisation’s sign-in',
})

export const unlinked = fact({
  kind: 'access.sso.unlinked',
  payload: Shape({ person: Id, connection: Id }),
  says: 'ended a link to the organisation’s sign-in',
})

export const refused = fact({
  kind: 'access.sso.refused',
  payload: Shape({ connection: Id, code: Text(60), person: Type.Union([Id, Type.Null()]), address: Text(64, 0) }),
  says: 'refused a sign-in by the organisation’s provider',
})

export const proven = fact({
  kind: 'access.sso.proven',
  payload: Shape({ person: Id, connection: Id, secondFactor: Type.Boolean() }),
  says: 'was recognised by the organisation’s provider',
})

/** An alarm: somebody came in beside the provider that everybody must use. */
export const exemptionUsed = fact({
  kind: 'access.sso.exemption-used',
  payload: Shape({ person: Id, session: Id }),
  says: 'signed in without the organisation’s provider, as a named administrator may when it is away',
})

export const tested = fact({ kind: 'access.sso.tested', payload: Named, says: 'tried a sign-in connection' })
