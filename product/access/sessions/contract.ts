import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Type } from '@wardline/platform/contract'
import { browserNames, systemNames } from './preview.ts'

/** Where a person works: decides how long a session may lie idle. */
export const Place = OneOf('private', 'counter', 'hallway', 'phone')

/** Why a session ended. */
export const EndReason = OneOf(
  'signed-out',
  'ended-elsewhere',
  'idle',
  'absolute',
  'limit',
  'deactivated',
  'credentials-changed',
  'replaced',
  'veiled',
)

export const mySessions = endpoint({
  name: 'access.sessions.list',
  method: 'GET',
  path: '/api/v1/sessions',
  summary: 'One’s own open sessions, newest first.',
  takes: Shape({}),
  gives: Shape({
    sessions: List(
      Shape({
        id: Id,
        place: Place,
        /** In which browser it began, as that said of itself. */
        browser: Shape({ browser: OneOf(...browserNames), version: Count, system: OneOf(...systemNames) }),
        device: Type.Union([Id, Type.Null()]),
        startedAt: Moment,
        lastActiveAt: Moment,
        /** Seconds without a person's act after which it ends. */
        idleSeconds: Count,
        endsAt: Moment,
        current: Type.Boolean(),
      }),
      50,
    ),
  }),
  fails: {},
})

export const endMySession = endpoint({
  name: 'access.sessions.end',
  method: 'DELETE',
  path: '/api/v1/sessions/:session',
  summary: 'Ends one of one’s own sessions; its open windows are cut off at once.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const signOut = endpoint({
  name: 'access.sign-out',
  method: 'POST',
  path: '/api/v1/sign-out',
  summary: 'Ends this session.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

/** How a person proved themselves once more. */
export const ProofKind = OneOf('passkey', 'code')

export const sessionProven = fact({
  kind: 'access.session.proven',
  payload: Shape({ person: Id, session: Id, by: ProofKind }),
  says: 'proved once more who they are',
})

/** The live frame with which a client says that a person is at work, at most once a minute. */
export const ActiveFrame = Shape({ t: Type.Literal('session.active') })

/** The header of requests that no person caused (a list refreshed by a push): they do not keep a session from going idle. */
export const backgroundHeader = 'x-wardline-background'

export const sessionEnded = fact({
  kind: 'access.session.ended',
  payload: Shape({ person: Id, session: Id, reason: EndReason }),
  says: 'ended a session',
})

export const deviceBound = fact({
  kind: 'access.session.device-bound',
  payload: Shape({ person: Id, session: Id, device: Id }),
  says: 'tied a session to an enrolled device',
})

export const sessionStarted = fact({
  kind: 'access.session.started',
  payload: Shape({ person: Id, session: Id, place: Place, endsAt: Moment }),
  says: 'began a session',
})
