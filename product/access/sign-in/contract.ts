import { Count, endpoint, fact, Id, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Code, codeFailures, NewTotp } from '@wardline/product/access/mfa/contract'
import { Place } from '@wardline/product/access/sessions/contract'

/** A password as typed; judged by `judgePassword`, normalised to NFC (NIST SP 800-63B-4, 3.1.1.2). */
export const Password = Text(512)

const Ticket = Type.String({ pattern: '^[A-Za-z0-9_-]{64}$' })

const wait = {
  status: 429,
  what: 'There were too many wrong attempts for this name from here.',
  next: 'Nothing was changed. Wait for the time in Retry-After and try again, or ask your administrator for a new one-time code.',
} as const

/** A session began; the cookie carries it. */
export const SignedIn = Shape({ person: Id, session: Id, endsAt: Moment })

export const signIn = endpoint({
  name: 'access.sign-in',
  method: 'POST',
  path: '/api/v1/sign-in',
  summary: 'The first step of signing in: name and password, for a ticket that is good for one code within five minutes.',
  takes: Shape({ name: Text(200), password: Password }),
  gives: Shape({ ticket: Ticket, until: Moment }),
  fails: {
    'wrong-name-or-password': {
      status: 401,
      what: 'The name or the password is not right.',
      next: 'Nothing was changed. Check both and try again; after several wrong attempts you will have to wait. If it lasts, ask your administrator for a new one-time code.',
    },
    wait,
  },
})

export const signInCode = endpoint({
  name: 'access.sign-in.code',
  method: 'POST',
  path: '/api/v1/sign-in/code',
  summary: 'The second step: the ticket and the authenticator’s code, for a session.',
  takes: Shape({ ticket: Ticket, code: Code, place: Type.Optional(Place) }),
  gives: SignedIn,
  fails: {
    ...codeFailures,
    wait,
    'ticket-gone': {
      status: 410,
      what: 'The time for the code has passed, or it was mistyped five times.',
      next: 'Nothing was changed. Begin again with name and password.',
    },
  },
})

export const signInRecovery = endpoint({
  name: 'access.sign-in.recovery-code',
  method: 'POST',
  path: '/api/v1/sign-in/recovery-code',
  summary:
    'The second step without an authenticator: the ticket and a one-time recovery code, for a session. The person and the officers are told.',
  takes: Shape({ ticket: Ticket, code: Text(60), place: Type.Optional(Place) }),
  gives: SignedIn,
  fails: {
    'wrong-code': {
      status: 401,
      what: 'This is not one of your recovery codes, or it was used before.',
      next: 'Nothing was changed. Take the next one of your print; each works once. Without any, ask your administrator for a new one-time code.',
    },
    wait,
    'ticket-gone': {
      status: 410,
      what: 'The time for the code has passed, or it was mistyped five times.',
      next: 'Nothing was changed. Begin again with name and password.',
    },
  },
})

const enrolmentWaits = {
  status: 409,
  what: 'This code does not count yet. You have signed in here before, so it counts a day after it was made, or once a second officer has agreed.',
  next: 'Nothing was changed: your present sign-in still works. Try again then. Meanwhile you are told wherever you are signed in, and can stop it.',
} as const

const wrongSecret = {
  status: 401,
  what: 'The name or the one-time code is not right, or the code was used or has run out.',
  next: 'Nothing was changed. Check both; if it lasts, ask your administrator for a new one-time code.',
} as const

export const beginEnrolment = endpoint({
  name: 'access.enrolment.begin',
  method: 'POST',
  path: '/api/v1/enrolment',
  summary: 'The first sign-in of a person, step one: name and one-time code, for the authenticator’s key.',
  takes: Shape({ name: Text(200), secret: Text(60) }),
  gives: Shape({
    ...NewTotp.properties,
    /** Characters of the shortest password that the organisation takes. */
    shortest: Count,
  }),
  fails: { 'wrong-secret': wrongSecret, 'enrolment-waits': enrolmentWaits, wait },
})

export const finishEnrolment = endpoint({
  name: 'access.enrolment.finish',
  method: 'POST',
  path: '/api/v1/enrolment/finish',
  summary: 'The first sign-in of a person, step two: password and the authenticator’s code; ends other sessions and begins one.',
  takes: Shape({ name: Text(200), secret: Text(60), password: Password, code: Code, place: Type.Optional(Place) }),
  gives: SignedIn,
  fails: {
    'wrong-secret': wrongSecret,
    'enrolment-waits': enrolmentWaits,
    wait,
    ...codeFailures,
    'not-begun': {
      status: 409,
      what: 'No authenticator was begun with this code in the last 15 minutes.',
      next: 'Nothing was changed and your one-time code is still good. Begin again.',
    },
    'password-too-short': {
      status: 422,
      what: 'The password is shorter than your organisation asks for.',
      next: 'Nothing was changed. Take a longer one: a few words are easy to remember. No digits or symbols are demanded.',
    },
    'password-too-long': {
      status: 422,
      what: 'The password is longer than 128 characters.',
      next: 'Nothing was changed. Take a shorter one.',
    },
    'password-common': {
      status: 422,
      what: 'This password stands on lists that attackers try first.',
      next: 'Nothing was changed. Take another one: a few words that do not belong together are good.',
    },
    'password-about-you': {
      status: 422,
      what: 'This password is your name or the name of your organisation, with little added.',
      next: 'Nothing was changed. Take another one: a few words that do not belong together are good.',
    },
  },
})

/** What is proven in signing in. */
const Step = OneOf('password', 'code', 'recovery-code', 'enrolment')

export const signInSucceeded = fact({
  kind: 'access.sign-in.succeeded',
  payload: Shape({ person: Id, session: Id, address: Text(64, 0) }),
  says: 'signed in',
})

export const signInFailed = fact({
  kind: 'access.sign-in.failed',
  payload: Shape({
    person: Id,
    step: Step,
    reason: OneOf('wrong', 'replayed', 'disabled', 'not-set', 'inactive'),
    address: Text(64, 0),
  }),
  says: 'failed to sign in',
})

/** Attempts with names that nobody has: counted, because a typed name can be a mistyped password. In the installation's log. */
export const strangersTurnedAway = fact({
  kind: 'access.sign-in.strangers-turned-away',
  payload: Shape({ attempts: Count }),
  says: 'sign-ins with unknown names failed',
})

/** Too many wrong tries from browsers in which the person never signed in: those are turned away until the person signs in elsewhere. */
export const strangersStopped = fact({
  kind: 'access.sign-in.strangers-stopped',
  payload: Shape({ person: Id }),
  says: 'unknown browsers guessed at a password too often and are turned away',
})

export const browserForgotten = fact({
  kind: 'access.sign-in.browser-forgotten',
  payload: Shape({ person: Id, browser: Id }),
  says: 'a known browser guessed at a password too often and is known no more',
})

export const passwordSet = fact({
  kind: 'access.password.set',
  payload: Shape({ person: Id }),
  says: 'set a password',
})
