import { createHash, X509Certificate } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import type { Outcome, SignedAssertion } from '../rules.ts'
import { judgeAssertion, scanResponse, SsoRefused, ssoPolicy } from '../rules.ts'
import type { Saml } from './tables.ts'

/** The request's id, which the response must answer: of the state, so that nothing else has to be kept. */
export const requestIdOf = (state: string): string => `_${createHash('sha256').update(state).digest('hex').slice(0, 40)}`

/** The address to which a browser is sent: an AuthnRequest by HTTP redirect (SAML 2.0 bindings, 3.4). `at` is an xs:dateTime. */
export function requestUrl(
  settings: Saml,
  it: { readonly audience: string; readonly acs: string; readonly state: string; readonly fresh: boolean; readonly at: string },
): string {
  const request = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${requestIdOf(it.state)}" Version="2.0" IssueInstant="${it.at}" Destination="${escape(settings.signOnUrl)}" AssertionConsumerServiceURL="${escape(it.acs)}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"${it.fresh ? ' ForceAuthn="true"' : ''}><saml:Issuer>${escape(it.audience)}</saml:Issuer></samlp:AuthnRequest>`
  const url = new URL(settings.signOnUrl)
  url.searchParams.set('SAMLRequest', deflateRawSync(request).toString('base64'))
  url.searchParams.set('RelayState', it.state)
  return url.href
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)

/**
 * Reads a response as the provider posted it: scans it, then verifies the signatures of response and assertion by these certificates and no
 * key of the response's own. Throws SsoRefused.
 */
export async function readSigned(encoded: string, certificates: readonly string[]): Promise<SignedAssertion> {
  const xml = decoded(encoded)
  const bad = scanResponse(xml)
  if (bad) throw bad
  const saml = new SAML({
    idpCert: [...certificates],
    issuer: 'unused',
    callbackUrl: 'https://unused.invalid',
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    // Audience, request and time are judged by `judgeAssertion`, by the service's clock.
    audience: false,
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: -1,
  })
  const { profile } = await saml
    .validatePostResponseAsync({ SAMLResponse: Buffer.from(xml).toString('base64') })
    .catch((thrown: unknown) => {
      throw new SsoRefused('signature', thrown instanceof Error ? thrown.message : 'the response cannot be verified')
    })
  const assertion = profile?.getAssertion?.().Assertion as Node | undefined
  if (!assertion) throw new SsoRefused('structure', 'there is no assertion')
  return { ...fieldsOf(assertion), response: aroundOf(xml) }
}

function decoded(encoded: string): string {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(encoded)) throw new SsoRefused('encoding', 'the response is not base64')
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length > ssoPolicy.largest) throw new SsoRefused('too-large', `the response is larger than ${ssoPolicy.largest} bytes`)
  const xml = bytes.toString('utf8')
  if (!Buffer.from(xml).equals(bytes)) throw new SsoRefused('encoding', 'the response is not UTF-8')
  return xml
}

/** xml2js's form: attributes under `$`, text under `_`, children as arrays by their local name. */
type Node = { readonly $?: Readonly<Record<string, string>>; readonly _?: string } & { readonly [name: string]: unknown }

const children = (node: Node | undefined, name: string): Node[] => {
  const found = node?.[name]
  return Array.isArray(found) ? found.map((it: unknown) => (typeof it === 'string' ? { _: it } : (it as Node))) : []
}
const first = (node: Node | undefined, name: string): Node | undefined => children(node, name)[0]

function fieldsOf(assertion: Node): Omit<SignedAssertion, 'response'> {
  const subject = first(assertion, 'Subject')
  return {
    id: assertion.$?.ID,
    issueInstant: assertion.$?.IssueInstant,
    issuer: first(assertion, 'Issuer')?._,
    nameId: children(subject, 'NameID').length === 1 ? first(subject, 'NameID')?._ : undefined,
    confirmations: children(subject, 'SubjectConfirmation').map((it) => {
      const data = first(it, 'SubjectConfirmationData')?.$
      return {
        method: it.$?.Method,
        recipient: data?.Recipient,
        inResponseTo: data?.InResponseTo,
        notBefore: data?.NotBefore,
        notOnOrAfter: data?.NotOnOrAfter,
      }
    }),
    conditions: children(assertion, 'Conditions').map((it) => ({ notBefore: it.$?.NotBefore, notOnOrAfter: it.$?.NotOnOrAfter })),
    audiences: children(assertion, 'Conditions').flatMap((it) =>
      children(it, 'AudienceRestriction').map((restriction) => children(restriction, 'Audience').map((audience) => audience._ ?? '')),
    ),
    statements: children(assertion, 'AuthnStatement').map((it) => ({
      authnInstant: it.$?.AuthnInstant,
      sessionNotOnOrAfter: it.$?.SessionNotOnOrAfter,
      context: first(first(it, 'AuthnContext'), 'AuthnContextClassRef')?._,
    })),
    attributes: Object.fromEntries(
      children(assertion, 'AttributeStatement')
        .flatMap((it) => children(it, 'Attribute'))
        .map((it) => [it.$?.Name ?? '', children(it, 'AttributeValue').map((value) => value._ ?? '')]),
    ),
  }
}

/** What the signed response says around the assertion. After `scanResponse` a `<` begins a tag, and each of these elements is there once. */
function aroundOf(xml: string): SignedAssertion['response'] {
  const attribute = (tag: string, name: string) => {
    const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag)
    return found?.[1] ?? found?.[2]
  }
  const tagOf = (element: string) => new RegExp(`<(?:[\\w.-]+:)?${element}(?=[\\s/>])[^>]*>`).exec(xml)
  const root = tagOf('Response')?.[0] ?? ''
  const before = xml.slice(0, tagOf('Assertion')?.index ?? 0)
  return {
    version: attribute(root, 'Version'),
    destination: attribute(root, 'Destination'),
    inResponseTo: attribute(root, 'InResponseTo'),
    issuer: /<(?:[\w.-]+:)?Issuer(?:\s[^>]*)?>([^<]*)</.exec(before)?.[1]?.trim(),
    status: attribute(tagOf('StatusCode')?.[0] ?? '', 'Value'),
  }
}

/** Verifies and judges a response. Throws SsoRefused. */
export async function verifyResponse(
  settings: Saml,
  it: {
    readonly encoded: string
    readonly audience: string
    readonly acs: string
    readonly state: string
    readonly fresh: boolean
    readonly now: number
  },
): Promise<Outcome & { readonly assertion: string; readonly until: number }> {
  const signed = await readSigned(it.encoded, settings.certificates)
  return judgeAssertion(signed, {
    ...settings,
    audience: it.audience,
    acs: it.acs,
    requestId: requestIdOf(it.state),
    fresh: it.fresh,
    now: it.now,
  })
}

/** This service's metadata for one connection (SAML 2.0 metadata, 2.4.4). */
export const ourMetadata = (it: { readonly audience: string; readonly acs: string }): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${escape(it.audience)}">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escape(it.acs)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`

/** A provider's metadata as settings. Throws SsoRefused. */
export function readProviderMetadata(xml: string): Saml {
  const bad = (detail: string) => new SsoRefused('metadata', detail)
  if (/<!/.test(xml)) throw bad('the metadata has a document type, a comment or a CDATA section')
  const tags = (element: string) => [...xml.matchAll(new RegExp(`<(?:[\\w.-]+:)?${element}(?=[\\s/>])[^>]*>`, 'g'))].map((it) => it[0])
  const attribute = (tag: string | undefined, name: string) =>
    unescape(new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(tag ?? '')?.[1] ?? '')
  if (tags('EntityDescriptor').length !== 1) throw bad(`one EntityDescriptor is expected; there are ${tags('EntityDescriptor').length}`)
  const provider = /<(?:[\w.-]+:)?IDPSSODescriptor[\s>][\s\S]*?<\/(?:[\w.-]+:)?IDPSSODescriptor>/.exec(xml)?.[0]
  if (!provider) throw bad('there is no IDPSSODescriptor')
  const redirect = tags('SingleSignOnService').find((it) => attribute(it, 'Binding').endsWith(':HTTP-Redirect'))
  if (!redirect) throw bad('there is no SingleSignOnService for HTTP-Redirect')
  const keys = [...provider.matchAll(/<(?:[\w.-]+:)?KeyDescriptor([^>]*)>([\s\S]*?)<\/(?:[\w.-]+:)?KeyDescriptor>/g)]
  const certificates = keys
    .filter(([, attributes]) => !/use\s*=\s*["']encryption["']/.test(attributes ?? ''))
    .flatMap(([, , inner]) => [...(inner ?? '').matchAll(/<(?:[\w.-]+:)?X509Certificate[^>]*>([^<]*)</g)].map((it) => pemOf(it[1] ?? '')))
  if (certificates.length === 0) throw bad('there is no signing certificate')
  return {
    kind: 'saml',
    entityId: attribute(tags('EntityDescriptor')[0], 'entityID'),
    signOnUrl: attribute(redirect, 'Location'),
    certificates: [...new Set(certificates)].slice(0, 4),
    nameAttribute: '',
    contexts: [],
  }
}

const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

const pemOf = (base64: string): string =>
  `-----BEGIN CERTIFICATE-----\n${base64.replace(/\s+/g, '').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END CERTIFICATE-----`

/** What a certificate says of itself: its last day, or why it is not taken. */
export function readCertificate(pem: string): { readonly ok: true; readonly until: string } | { readonly ok: false; readonly why: string } {
  try {
    const it = new X509Certificate(pem)
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = it.publicKey
    if (type !== 'rsa') return { ok: false, why: `an ${type ?? 'unknown'} key; RSA is taken` }
    if ((details?.modulusLength ?? 0) < 2048)
      return { ok: false, why: `an RSA key of ${details?.modulusLength ?? 0} bits; 2,048 is the least` }
    return { ok: true, until: it.validTo }
  } catch {
    return { ok: false, why: 'not a PEM certificate' }
  }
}
