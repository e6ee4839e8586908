/** SAML 2.0 with a real provider (npm samlp) over HTTP, and everything that is not what it signed for this request is refused. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { me } from '@wardline/product/access/provisioning/contract'
import { signInCode } from '@wardline/product/access/sign-in/contract'
import * as sso from '@wardline/product/access/sso/contract'
import { SsoRefused, ssoPolicy } from '@wardline/product/access/sso/rules'
import { readSigned } from '@wardline/product/access/sso/server'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newSigningPair, openSamlPeer } from '../testing/saml-peer.ts'
import type { SamlPeer, SamlSays } from '../testing/saml-peer.ts'
import { codeOf, fieldsOf, must, openSsoWorld } from './lib/sso-world.ts'
import type { Browser, Member, SsoWorld } from './lib/sso-world.ts'

const mfa = 'https://refeds.org/profile/mfa'
const stranger = newSigningPair()
let it: SsoWorld
let peer: SamlPeer
let usual: SamlSays
let office: Browser
let connection: string
let ana: Member

beforeAll(async () => {
  it = await openSsoWorld()
  peer = await openSamlPeer()
  usual = { ...peer.says }
  office = await it.signedIn((await it.found()).person)
  const { settings } = must(await office.call(sso.readMetadata, { body: { url: peer.metadataUrl } }))
  const body = { label: 'Mercy', address: 'mercy', listed: true, firstLink: false, settings: { ...settings, contexts: [mfa] } }
  const made = must(await office.call(sso.addConnection, { body }))
  connection = made.id
  must(await office.call(sso.changeConnection, { params: { connection }, body: { ...fieldsOf(made), on: true } }))
  ana = await it.person()
  await link(ana, 'ana-0001')
})
beforeEach(() => Object.assign(peer.says, usual))
afterAll(async () => {
  await peer.close()
  await it.world.close()
})

const handoverOf = (sent: string) => new URLSearchParams(sent.split('#')[1] ?? '').get('handover') ?? sent.split('#')[1] ?? sent
async function link(who: Member, nameId: string): Promise<void> {
  peer.says.nameId = nameId
  const browser = await it.signedIn(who.person)
  const { url } = must(await browser.call(sso.beginLink, { body: { connection } }))
  const { action, fields } = await peer.visit(url)
  must(await browser.call(sso.finish, { body: { handover: handoverOf(await browser.postFromElsewhere(action, fields)) } }))
}
/** Leaves for the provider, and posts what it answers. */
async function post(browser: Browser, place: 'private' | 'counter' = 'private') {
  const { url } = must(await browser.call(sso.begin, { body: { connection, place } }))
  const { action, fields } = await peer.visit(url)
  return { action, fields, sent: await browser.postFromElsewhere(action, fields) }
}
const problem = async () => must(await office.call(sso.connections, {})).connections[0]!.problem?.code

describe('signing in at the provider', () => {
  test('a signed response with a signed assertion of two factors: in', async () => {
    const browser = it.browser()
    const { sent } = await post(browser)
    expect(sent).toMatch(/^\/sso\/return#handover=[\w-]{64}$/)
    expect(must(await browser.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toMatchObject({
      is: 'signed-in',
      session: { person: ana.person },
    })
    expect(must(await browser.call(me, {})).person).toBe(ana.person)
  })

  test('one factor there: our own is asked for', async () => {
    peer.says.context = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
    const browser = it.browser()
    const { sent } = await post(browser)
    const result = must(await browser.call(sso.finish, { body: { handover: handoverOf(sent) } }))
    if (result.is !== 'second-factor') throw new Error(result.is)
    must(await browser.call(signInCode, { body: { ticket: result.ticket, code: it.codeNow(ana.key) } }))
  })

  test('the handover is for the browser that began, once', async () => {
    const [mine, other] = [it.browser(), it.browser()]
    const { sent } = await post(mine)
    must(await other.call(sso.begin, { body: { connection } }))
    expect(codeOf(await other.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toBe('sso-expired')
    const cookie = mine.jar.get('wl-sso')!
    expect(codeOf(await mine.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toBe('ok')
    mine.jar.set('wl-sso', cookie)
    expect(codeOf(await mine.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toBe('sso-expired')
  })

  test('the handover waits as long as the sign-in that it ends, and no longer', async () => {
    const browser = it.browser()
    const { sent } = await post(browser)
    await it.world.advance(10 * 60_000 + 1_000)
    expect(codeOf(await browser.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toBe('sso-expired')
    await it.world.advance(-10 * 60_000 - 1_000)
  })

  test('nor is a handover good once the connection was changed', async () => {
    const browser = it.browser()
    const { sent } = await post(browser)
    const now = must(await office.call(sso.connections, {})).connections[0]!
    must(await office.call(sso.changeConnection, { params: { connection }, body: fieldsOf(now) }))
    expect(codeOf(await browser.call(sso.finish, { body: { handover: handoverOf(sent) } }))).toBe('sso-expired')
  })

  test('our metadata names what the provider must send', async () => {
    const shown = must(await office.call(sso.connections, {})).connections[0]!
    const xml = await (await fetch(shown.ours.metadataUrl)).text()
    expect(xml).toContain(`Location="${shown.ours.assertionUrl}"`)
    expect(xml).toContain(`entityID="${shown.ours.entityId}"`)
    expect(xml).toContain('WantAssertionsSigned="true"')
  })
})

const assertionOf = (xml: string) => /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)![0]
/** With the response's signature where it signs nothing, and a response that was changed. */
function moved(xml: string): string {
  const assertion = assertionOf(xml)
  const around = xml.replace(assertion, () => '@')
  const signature = /<Signature[\s\S]*<\/Signature>/.exec(around)![0]
  return around
    .replace(signature, '')
    .replace(/Destination="[^"]*"/, (it) => `${it} Consent="urn:oasis:names:tc:SAML:2.0:consent:obtained"`)
    .replace('@', () => `<samlp:Extensions>${signature}</samlp:Extensions>${assertion}`)
}
const evil = (xml: string) =>
  assertionOf(xml)
    .replace(/<Signature[\s\S]*?<\/Signature>/, '')
    .replaceAll('ana-0001', 'boss-0001')
    .replace(/ID="[^"]*"/, 'ID="_evil"')

describe('what is refused', () => {
  const attacks: [string, string, Partial<SamlSays> | ((says: SamlSays) => void)][] = [
    ['an unsigned response', 'unsigned', { signResponse: false }],
    ['a response whose signature was moved to where it signs nothing', 'signature', { finally: moved }],
    [
      'an unsigned assertion',
      'unsigned',
      { finally: (xml) => xml.replace(assertionOf(xml), (one) => one.replace(/<Signature[\s\S]*?<\/Signature>/, '')) },
    ],
    ['no signature at all', 'unsigned', { finally: (xml) => xml.replace(/<Signature[\s\S]*?<\/Signature>/g, '') }],
    ['a foreign key whose certificate the response brings along', 'signature', { pair: stranger }],
    ['SHA-1 signatures', 'algorithm', { signatureAlgorithm: 'rsa-sha1', digestAlgorithm: 'sha1' }],
    ['a SHA-1 digest', 'algorithm', { digestAlgorithm: 'sha1' }],
    ['another person’s name under the old signature', 'signature', { finally: (xml) => xml.replaceAll('ana-0001', 'boss-0001') }],
    ['a stronger context than was signed', 'signature', { context: 'x', finally: (xml) => xml.replace('>x<', `>${mfa}<`) }],
    ['another audience', 'audience', { audience: 'https://somebody.else' }],
    ['another recipient', 'confirmation', { recipient: 'https://somebody.else/acs' }],
    ['another destination', 'destination', { destination: 'https://somebody.else/acs' }],
    ['an answer to another request', 'in-response-to', { inResponseTo: '_0123456789' }],
    ['another issuer', 'issuer', { issuer: 'https://somebody.else/idp' }],
    ['a document type', 'xml', { finally: (xml) => `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${xml}` }],
    [
      'a comment that cuts the name in two',
      'xml',
      { nameId: 'ana-0001.evil', finally: (xml) => xml.replaceAll('ana-0001.evil', 'ana-0001<!---->.evil') },
    ],
    ['a processing instruction', 'xml', { finally: (xml) => xml.replaceAll('ana-0001', 'ana-0001<?x?>') }],
    // Signature wrapping: the signed assertion stays whole somewhere, and another one stands where it is read.
    [
      'wrapping: an evil assertion before the signed one',
      'structure',
      { finally: (xml) => xml.replace(assertionOf(xml), (one) => evil(xml) + one) },
    ],
    [
      'wrapping: an evil assertion after the signed one',
      'structure',
      { finally: (xml) => xml.replace(assertionOf(xml), (one) => one + evil(xml)) },
    ],
    [
      'wrapping: the signed one inside the evil one',
      'structure',
      { finally: (xml) => xml.replace(assertionOf(xml), (one) => evil(xml).replace('</saml:Assertion>', `${one}</saml:Assertion>`)) },
    ],
    [
      'wrapping: the signed one inside the response’s signature',
      'structure',
      {
        finally: (xml) =>
          xml.replace(assertionOf(xml), () => evil(xml)).replace('</Signature>', `<Object>${assertionOf(xml)}</Object></Signature>`),
      },
    ],
    [
      'wrapping: the whole signed response inside an evil one',
      'structure',
      {
        finally: (xml) =>
          xml.replace(
            /^(<samlp:Response[^>]*>)/,
            (root) => root.replace(/ID="[^"]*"/, 'ID="_evil"') + evil(xml) + xml.replace(/<\?xml[^>]*>/, ''),
          ),
      },
    ],
    ['wrapping: one id twice', 'structure', { finally: (xml) => xml.replace(assertionOf(xml), (one) => one + one) }],
    [
      'an assertion by another name space’s prefix beside it',
      'structure',
      {
        finally: (xml) =>
          xml.replace('</samlp:Response>', '<x:Assertion xmlns:x="urn:oasis:names:tc:SAML:2.0:assertion"/></samlp:Response>'),
      },
    ],
    ['something that is no XML', 'structure', { finally: () => 'hello' }],
  ]
  test.each(attacks)('%s: %s', async (_what, code, change) => {
    Object.assign(peer.says, change)
    const browser = it.browser()
    const { sent } = await post(browser)
    expect([sent, await problem()]).toEqual(['/sso/return#problem=sso-failed', code])
    expect(browser.jar.has('wl')).toBe(false)
  })

  test.each([
    ['after its end', 6 * 60_000],
    ['before its beginning', -3 * 60_000],
  ])('%s: the service’s clock decides', async (_what, ms) => {
    const browser = it.browser()
    const { url } = must(await browser.call(sso.begin, { body: { connection } }))
    const { action, fields } = await peer.visit(url)
    await it.world.advance(ms)
    const sent = await browser.postFromElsewhere(action, fields)
    const why = await problem()
    await it.world.advance(-ms)
    expect(sent).toBe('/sso/return#problem=sso-failed')
    expect(['expired', 'time', 'confirmation']).toContain(why)
  })

  test('a response that was taken: neither the request nor the assertion is good twice', async () => {
    const browser = it.browser()
    const { action, fields } = await post(browser)
    expect(await browser.postFromElsewhere(action, fields)).toBe('/sso/return#problem=sso-expired')
    // Even if the request could be answered again, the assertion is remembered.
    await it.world.owner.query('update sso_attempt set answered_at = null where org = $1', [it.org])
    expect(await browser.postFromElsewhere(action, fields)).toBe('/sso/return#problem=sso-failed')
    expect(await problem()).toBe('replayed')
  })

  test('a response that nobody asked for, or for another connection', async () => {
    const browser = it.browser()
    const { action, fields } = await post(browser)
    const { RelayState: _, ...alone } = fields
    expect(await browser.postFromElsewhere(action, alone)).toBe('/sso/return#problem=sso-expired')
    const elsewhere = action.replace(connection, '11111111-2222-4333-8444-555555555555')
    expect(await browser.postFromElsewhere(elsewhere, fields)).toBe('/sso/return#problem=sso-expired')
    const now = must(await office.call(sso.connections, {})).connections[0]!
    const { on, ...more } = { ...fieldsOf(now), address: 'other' }
    const { id: other } = must(await office.call(sso.addConnection, { body: more }))
    must(await office.call(sso.changeConnection, { params: { connection: other }, body: { ...more, on } }))
    const next = it.browser()
    const { url } = must(await next.call(sso.begin, { body: { connection } }))
    const asked = await peer.visit(url)
    const crossed = asked.action.replace(connection, other)
    expect(await next.postFromElsewhere(crossed, asked.fields)).toBe('/sso/return#problem=sso-expired')
    expect(crossed).not.toBe(asked.action)
  })

  test('what is too large to be one, or not text, before anything reads it', async () => {
    const refusal = (bytes: Buffer) =>
      readSigned(bytes.toString('base64'), []).catch((thrown: unknown) => (thrown instanceof SsoRefused ? thrown.code : String(thrown)))
    expect(await refusal(Buffer.alloc(ssoPolicy.largest, ' '))).toBe('structure')
    expect(await refusal(Buffer.alloc(ssoPolicy.largest + 1, ' '))).toBe('too-large')
    expect(await refusal(Buffer.from([0x3c, 0x61, 0xff, 0x3e]))).toBe('encoding')
  })

  test('weak or broken certificates and metadata are not stored', async () => {
    const now = must(await office.call(sso.connections, {})).connections[0]!
    if (now.settings.kind !== 'saml') throw new Error('saml')
    for (const certificate of ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', newSigningPair(1024).certificate]) {
      const body = { ...fieldsOf(now), settings: { ...now.settings, certificates: [certificate] } }
      expect(codeOf(await office.call(sso.changeConnection, { params: { connection }, body }))).toBe('bad-certificate')
      const { on: _, ...added } = { ...body, address: 'weak' }
      expect(codeOf(await office.call(sso.addConnection, { body: added }))).toBe('bad-certificate')
    }
    for (const body of [{ xml: '<!DOCTYPE x><EntityDescriptor/>' }, { xml: '<html/>' }, { url: 'https://169.254.169.254/metadata' }])
      expect(codeOf(await office.call(sso.readMetadata, { body }))).toBe('unreadable-metadata')
  })
})

const vectors = path.resolve(process.env.WARDLINE_VECTORS ?? path.join(import.meta.dirname, '../../shared/data'), 'saml-signatures')
describe.skipIf(!existsSync(vectors))('published responses, well and badly signed', () => {
  const read = (folder: string) =>
    (existsSync(vectors) ? readdirSync(path.join(vectors, folder)) : []).map(
      (name) => [name, readFileSync(path.join(vectors, folder, name)).toString('base64')] as const,
    )
  const judged = async (encoded: string) => {
    const certificate = readFileSync(path.join(vectors, 'cert.pem'), 'utf8')
    return readSigned(encoded, [certificate]).then(
      (signed) => `taken: ${signed.nameId}`,
      (thrown: unknown) => (thrown instanceof SsoRefused ? thrown.code : `${String(thrown)}`),
    )
  }
  test.each(read('invalid'))('%s is refused', async (_name, encoded) => {
    expect(['unsigned', 'signature', 'algorithm', 'structure', 'xml']).toContain(await judged(encoded))
  })
  test.each(read('valid'))('%s is taken only if both are signed, and not with SHA-1', async (name, encoded) => {
    const xml = Buffer.from(encoded, 'base64').toString('utf8')
    const both = name.includes('root-signed.assertion-signed.xml') && !/rsa-sha1|xmldsig#sha1/.test(xml)
    expect((await judged(encoded)).startsWith('taken')).toBe(both)
  })
})
