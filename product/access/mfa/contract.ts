import { endpoint, fact, Id, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

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
  says: 'an authenticator was disabled after 100 wrong attempts',
})

export const codeRefused = fact({
  kind: 'access.totp.code-refused',
  payload: Shape({ person: Id, reason: OneOf('wrong', 'replayed', 'disabled', 'not-set') }),
  says: 'entered a wrong code while replacing an authenticator',
})
