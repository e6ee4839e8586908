import { Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** Six digits of an authenticator, a space in the middle allowed (RFC 6238). */
export const Code = Type.String({ pattern: '^[0-9]{3} ?[0-9]{3}$' })

/** What an authenticator needs: an otpauth URI for the QR code, and the key alone for typing (base32). */
export const NewTotp = Shape({ uri: Text(600), key: Text(64) })

/** The refusal of a code, for each endpoint that takes one. */
export const codeFailures = {
  'wrong-code': {
    status: 401,
    what: 'The code is not right, or it was used before.',
    next: 'Nothing was changed. Wait for the next code in your authenticator and type that one; check that the phone’s clock is set automatically.',
  },
} as const

export const beginTotp = endpoint({
  name: 'access.mfa.totp.begin',
  method: 'POST',
  path: '/api/v1/mfa/totp',
  summary: 'Begins to replace one’s authenticator; needs a code of the present one. The new one counts once it is confirmed.',
  takes: Shape({ code: Code }),
  gives: NewTotp,
  fails: codeFailures,
})

export const confirmTotp = endpoint({
  name: 'access.mfa.totp.confirm',
  method: 'POST',
  path: '/api/v1/mfa/totp/confirm',
  summary: 'Confirms the new authenticator with a code of it; the former one ends.',
  takes: Shape({ code: Code }),
  gives: Shape({}),
  fails: {
    ...codeFailures,
    'not-begun': {
      status: 409,
      what: 'No new authenticator was begun in the last 15 minutes.',
      next: 'Your present authenticator still works. Begin again.',
    },
  },
})

export const totpEnrolled = fact({
  kind: 'access.totp.enrolled',
  payload: Shape({ person: Id }),
  says: 'set up an authenticator',
})

export const authenticatorDisabled = fact({
  kind: 'access.authenticator.disabled',
  payload: Shape({ person: Id, authenticator: OneOf('password', 'totp') }),
  says: 'an authenticator was disabled after too many wrong attempts',
})

export const codeRefused = fact({
  kind: 'access.totp.code-refused',
  payload: Shape({ person: Id, reason: OneOf('wrong', 'replayed', 'disabled', 'not-set') }),
  says: 'entered a wrong code in an open session',
})

export const stepUpByCode = endpoint({
  name: 'access.step-up.code',
  method: 'POST',
  path: '/api/v1/step-up/code',
  summary: 'Proves once more who one is, by a code of the authenticator; good for five minutes in this session.',
  takes: Shape({ code: Code }),
  gives: Shape({ until: Moment }),
  fails: codeFailures,
})

/** How many recovery codes are left; never the codes. */
export const recoveryCodesLeft = endpoint({
  name: 'access.mfa.recovery-codes.left',
  method: 'GET',
  path: '/api/v1/mfa/recovery-codes',
  summary: 'How many of one’s one-time recovery codes are left.',
  takes: Shape({}),
  gives: Shape({ left: Count, of: Count, madeAt: Type.Union([Moment, Type.Null()]) }),
  fails: {},
})

export const makeRecoveryCodes = endpoint({
  name: 'access.mfa.recovery-codes.make',
  method: 'POST',
  path: '/api/v1/mfa/recovery-codes',
  summary: 'Makes one-time recovery codes, ten unless the policy says otherwise, and shows them this once; all earlier ones end.',
  takes: Shape({}),
  gives: Shape({ codes: List(Text(40), 20) }),
  fails: {},
})

/** What a notice can be about. */
export const NoticeKind = OneOf(
  'passkey-added',
  'passkey-removed',
  'passkey-copied',
  'recovery-codes-made',
  'recovery-code-used',
  'authenticator-replaced',
  'enrolment-issued',
  'enrolment-used',
  'enrolment-stopped',
  'enrolment-approved',
  'enrolment-at-server',
  'password-guessed',
  'device-lost',
  'roles-changed',
  'sso-exemption-used',
  'signed-in-anew',
  'identity-asked',
  'identity-signed',
  'identity-confirmed',
  'identity-stopped',
  'identity-replaced',
  'badge-registered',
  'badge-revoked',
)

export const notices = endpoint({
  name: 'access.notices',
  method: 'GET',
  path: '/api/v1/notices',
  summary:
    'What changed about one’s own ways to sign in and was not read yet; for administrators and officers everybody’s. What was made at the server’s machine is told to all. Newest first.',
  takes: Shape({}),
  gives: Shape({
    notices: List(
      Shape({ id: Id, person: Id, name: Text(120), what: NoticeKind, by: Type.Union([Id, Type.Null()]), at: Moment, mine: Type.Boolean() }),
      200,
    ),
  }),
  fails: {},
})

export const ownNotices = endpoint({
  name: 'access.notices.own',
  method: 'GET',
  path: '/api/v1/notices/own',
  summary: 'Everything that one was told about oneself, also what was put away. Newest first.',
  takes: Shape({}),
  gives: Shape({
    notices: List(Shape({ id: Id, what: NoticeKind, by: Type.Union([Id, Type.Null()]), at: Moment, read: Type.Boolean() }), 500),
  }),
  fails: {},
})

export const readNotice = endpoint({
  name: 'access.notices.read',
  method: 'POST',
  path: '/api/v1/notices/:notice/read',
  summary: 'Puts a notice away for the person who read it; it stays in the audit log and for the others.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const recoveryCodesMade = fact({
  kind: 'access.recovery-codes.made',
  payload: Shape({ person: Id }),
  says: 'made new recovery codes',
})

export const recoveryCodeUsed = fact({
  kind: 'access.recovery-code.used',
  payload: Shape({ person: Id, left: Count }),
  says: 'used up a recovery code',
})
