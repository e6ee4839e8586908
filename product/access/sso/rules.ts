/** The figures of signing in at a provider, as data. */
export const ssoPolicy = {
  /** Minutes from leaving for the provider to coming back. */
  attemptMinutes: 10,
  /** Minutes in which what the provider said must become a session: long enough to type a code. */
  passMinutes: 5,
  /** Clocks of provider and service may differ by this many ms. */
  skewMs: 60_000,
  /** An id_token or assertion older than this many ms is not taken, whatever it says itself. */
  oldestMs: 10 * 60_000,
  /** At a shared screen the provider must have asked for the person within this many ms, not only have remembered them. */
  freshMs: 5 * 60_000,
  /** Largest SAML response in bytes, decoded. */
  largest: 128 * 1024,
} as const

/** What a provider has said, once it was verified. */
export interface Outcome {
  /** The provider's own, unchanging id for the person. */
  readonly subject: string
  /** The provider's name for them; empty where it told none. */
  readonly name: string
  readonly secondFactor: boolean
  /** The values by which that was judged, for the administrator's trial. */
  readonly proof: string
}

/** Why what a provider said is not taken: a code for the log and a sentence for the administrator. */
export class SsoRefused extends Error {
  readonly code: string
  constructor(code: string, detail: string) {
    super(detail.slice(0, 600))
    this.name = 'SsoRefused'
    this.code = code
  }
}

/** Claims of an id_token whose signature was verified, as far as they are judged here (OpenID Connect Core 1.0, 3.1.3.7). */
export interface IdClaims {
  readonly iss?: unknown
  readonly sub?: unknown
  readonly aud?: unknown
  readonly azp?: unknown
  readonly exp?: unknown
  readonly iat?: unknown
  readonly nbf?: unknown
  readonly nonce?: unknown
  readonly auth_time?: unknown
  readonly amr?: unknown
  readonly acr?: unknown
  readonly [name: string]: unknown
}

/** Judges an id_token's claims by the service's clock (`now`, ms). `fresh`: the provider must have asked for the person just now. */
export function judgeIdToken(
  claims: IdClaims,
  want: {
    readonly issuer: string
    readonly clientId: string
    readonly nonce: string
    readonly nameClaim: string
    readonly amr: readonly string[]
    readonly acr: readonly string[]
    readonly fresh: boolean
    readonly now: number
  },
): Outcome {
  const { now } = want
  if (claims.iss !== want.issuer) throw new SsoRefused('issuer', `iss is ${shown(claims.iss)}, not ${want.issuer}`)
  const audience = [claims.aud].flat()
  if (!audience.includes(want.clientId)) throw new SsoRefused('audience', `aud is ${shown(claims.aud)}, not ${want.clientId}`)
  if ((audience.length > 1 || claims.azp !== undefined) && claims.azp !== want.clientId)
    throw new SsoRefused('audience', `azp is ${shown(claims.azp)}, not ${want.clientId}`)
  if (claims.nonce !== want.nonce) throw new SsoRefused('nonce', 'nonce is not the one that was sent')
  if (typeof claims.exp !== 'number' || now - ssoPolicy.skewMs >= claims.exp * 1000)
    throw new SsoRefused('expired', `exp is ${shown(claims.exp)}; the service’s time is ${Math.floor(now / 1000)}`)
  if (typeof claims.iat !== 'number' || now - ssoPolicy.oldestMs > claims.iat * 1000 || claims.iat * 1000 > now + ssoPolicy.skewMs)
    throw new SsoRefused('time', `iat is ${shown(claims.iat)}; the service’s time is ${Math.floor(now / 1000)}`)
  if (claims.nbf !== undefined && (typeof claims.nbf !== 'number' || claims.nbf * 1000 > now + ssoPolicy.skewMs))
    throw new SsoRefused('time', `nbf is ${shown(claims.nbf)}; the service’s time is ${Math.floor(now / 1000)}`)
  if (want.fresh && (typeof claims.auth_time !== 'number' || now - ssoPolicy.freshMs > claims.auth_time * 1000))
    throw new SsoRefused('not-fresh', `auth_time is ${shown(claims.auth_time)}: the provider did not ask for the person again`)
  if (typeof claims.sub !== 'string' || claims.sub === '' || claims.sub.length > 255)
    throw new SsoRefused('subject', 'sub is missing or longer than 255 characters')
  const amr = [claims.amr].flat().filter((it) => typeof it === 'string')
  const acr = typeof claims.acr === 'string' ? claims.acr : ''
  const name = claims[want.nameClaim]
  return {
    subject: claims.sub,
    name: typeof name === 'string' ? name : '',
    secondFactor: amr.some((it) => want.amr.includes(it)) || (acr !== '' && want.acr.includes(acr)),
    proof: `amr ${amr.length === 0 ? 'none' : amr.join(', ')}; acr ${acr === '' ? 'none' : acr}`.slice(0, 600),
  }
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'missing').slice(0, 200)

/** What must not stand in a SAML response, whatever its signature says: the code and the sentence; null: nothing does. */
export function scanResponse(xml: string): SsoRefused | null {
  // No document type, entity, CDATA section or comment: nothing external is fetched, nothing expands, and no comment cuts a name in two.
  if (/<!/.test(xml)) return new SsoRefused('xml', 'the response has a document type, a comment or a CDATA section')
  if (/<\?/.test(xml.replace(/^\uFEFF?<\?xml[^?<>]*\?>/, ''))) return new SsoRefused('xml', 'the response has a processing instruction')
  if (count(xml, 'EncryptedAssertion') > 0)
    return new SsoRefused('encrypted', 'encrypted assertions are not offered by this service’s metadata')
  if (count(xml, 'Response') !== 1 || count(xml, 'Assertion') !== 1)
    return new SsoRefused(
      'structure',
      `there must be one Response and one Assertion; there are ${count(xml, 'Response')} and ${count(xml, 'Assertion')}`,
    )
  if (count(xml, 'Signature') !== 2)
    return new SsoRefused(
      'unsigned',
      `response and assertion must both be signed, once each; there are ${count(xml, 'Signature')} signatures`,
    )
  // A signature does not cover what stands inside it.
  if (count(xml, 'Object') > 0 || count(xml, 'Status') !== 1 || count(xml, 'Issuer') > 2)
    return new SsoRefused('structure', 'the response has an element more than once, or inside a signature')
  const bad = [...xml.matchAll(/\bAlgorithm\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
    .map((it) => it[1] ?? it[2] ?? '')
    .find((it) => !algorithms.has(it))
  return bad === undefined ? null : new SsoRefused('algorithm', `${bad} is not taken; SHA-256 or better is`)
}

/** Without `<!` in the text every `<` begins a tag (XML 1.0, 2.4), so elements can be counted by their names. */
const count = (xml: string, element: string): number => [...xml.matchAll(new RegExp(`<(?:[\\w.-]+:)?${element}(?=[\\s/>])`, 'g'))].length

const algorithms: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])

/** An assertion whose signature was verified, and the attributes of the signed response around it. */
export interface SignedAssertion {
  readonly response: {
    readonly destination: string | undefined
    readonly inResponseTo: string | undefined
    readonly version: string | undefined
    readonly issuer: string | undefined
    readonly status: string | undefined
  }
  readonly id: string | undefined
  readonly issueInstant: string | undefined
  readonly issuer: string | undefined
  readonly nameId: string | undefined
  readonly confirmations: readonly {
    readonly method: string | undefined
    readonly recipient: string | undefined
    readonly inResponseTo: string | undefined
    readonly notBefore: string | undefined
    readonly notOnOrAfter: string | undefined
  }[]
  readonly conditions: readonly { readonly notBefore: string | undefined; readonly notOnOrAfter: string | undefined }[]
  /** One list of audiences for each restriction: all must hold. */
  readonly audiences: readonly (readonly string[])[]
  readonly statements: readonly {
    readonly authnInstant: string | undefined
    readonly sessionNotOnOrAfter: string | undefined
    readonly context: string | undefined
  }[]
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

/** Judges an assertion by the service's clock (SAML 2.0 profiles, 4.1.4.2 and 4.1.4.3). Returns also until when it must not be taken again, ms. */
export function judgeAssertion(
  it: SignedAssertion,
  want: {
    readonly entityId: string
    readonly audience: string
    readonly acs: string
    readonly requestId: string
    readonly nameAttribute: string
    readonly contexts: readonly string[]
    readonly fresh: boolean
    readonly now: number
  },
): Outcome & { readonly assertion: string; readonly until: number } {
  const { now } = want
  const { response } = it
  if (response.version !== '2.0' || !response.status?.endsWith(':status:Success'))
    throw new SsoRefused('status', `the provider answered ${response.status ?? 'no status'}`)
  for (const issuer of [it.issuer, response.issuer ?? it.issuer])
    if (issuer !== want.entityId) throw new SsoRefused('issuer', `Issuer is ${issuer ?? 'missing'}, not ${want.entityId}`)
  if (response.destination !== want.acs)
    throw new SsoRefused('destination', `Destination is ${response.destination ?? 'missing'}, not ${want.acs}`)
  if (response.inResponseTo !== want.requestId) throw new SsoRefused('in-response-to', 'the response answers another request, or none')
  if (it.audiences.length === 0 || it.audiences.some((list) => !list.includes(want.audience)))
    throw new SsoRefused('audience', `Audience is ${it.audiences.flat().join(', ') || 'missing'}, not ${want.audience}`)

  const bearer = it.confirmations.filter((one) => one.method === 'urn:oasis:names:tc:SAML:2.0:cm:bearer')
  const confirmed = bearer.find(
    (one) =>
      one.recipient === want.acs && one.inResponseTo === want.requestId && one.notBefore === undefined && isBefore(now, one.notOnOrAfter),
  )
  if (!confirmed) throw new SsoRefused('confirmation', 'no bearer confirmation is for this recipient, this request and this time')
  if (it.conditions.length !== 1) throw new SsoRefused('conditions', 'there must be one Conditions element')
  const [conditions] = it.conditions
  if (!isBefore(now, conditions!.notOnOrAfter)) throw new SsoRefused('expired', `NotOnOrAfter is ${conditions!.notOnOrAfter ?? 'missing'}`)
  if (conditions!.notBefore !== undefined && !isSince(now, conditions!.notBefore))
    throw new SsoRefused('time', `NotBefore is ${conditions!.notBefore}`)
  const issued = momentOf(it.issueInstant)
  if (issued === null || issued > now + ssoPolicy.skewMs || issued < now - ssoPolicy.oldestMs)
    throw new SsoRefused('time', `IssueInstant is ${it.issueInstant ?? 'missing'}`)
  if (it.statements.length !== 1) throw new SsoRefused('statement', 'there must be one AuthnStatement')
  const [statement] = it.statements
  if (statement!.sessionNotOnOrAfter !== undefined && !isBefore(now, statement!.sessionNotOnOrAfter))
    throw new SsoRefused('expired', `SessionNotOnOrAfter is ${statement!.sessionNotOnOrAfter}`)
  const authenticated = momentOf(statement!.authnInstant)
  if (authenticated === null || authenticated > now + ssoPolicy.skewMs)
    throw new SsoRefused('time', `AuthnInstant is ${statement!.authnInstant ?? 'missing'}`)
  if (want.fresh && authenticated < now - ssoPolicy.freshMs)
    throw new SsoRefused('not-fresh', `AuthnInstant is ${statement!.authnInstant}: the provider did not ask for the person again`)
  if (!it.nameId || it.nameId.length > 500) throw new SsoRefused('subject', 'NameID is missing')
  if (!it.id) throw new SsoRefused('structure', 'the assertion has no ID')
  const context = statement!.context ?? ''
  const name = want.nameAttribute === '' ? it.nameId : (it.attributes[want.nameAttribute]?.[0] ?? '')
  return {
    subject: it.nameId,
    name,
    secondFactor: context !== '' && want.contexts.includes(context),
    proof: `AuthnContextClassRef ${context === '' ? 'none' : context}`.slice(0, 600),
    assertion: it.id,
    until: Math.max(momentOf(confirmed.notOnOrAfter)!, momentOf(conditions!.notOnOrAfter)!) + 2 * ssoPolicy.skewMs,
  }
}

/** An xs:dateTime with a zone (SAML 2.0 core, 1.3.3) as ms; null for anything else. */
export function momentOf(text: string | undefined): number | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))$/.exec(text ?? '')
  if (!found) return null
  const [, year, month, day, hour, minute, second, fraction = '0', , sign, zoneHour = '0', zoneMinute = '0'] = found
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (m < 1 || m > 12 || d < 1 || d > 31 || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return null
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
  return (
    daysSince1970(y, m, d) * 86_400_000 +
    ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1000 +
    Math.floor(Number(`0.${fraction}`) * 1000)
  )
}

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

const isBefore = (now: number, end: string | undefined): boolean => {
  const at = momentOf(end)
  return at !== null && now - ssoPolicy.skewMs < at
}
const isSince = (now: number, start: string): boolean => {
  const at = momentOf(start)
  return at !== null && now + ssoPolicy.skewMs >= at
}
