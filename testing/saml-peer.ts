import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inflateRawSync } from 'node:zlib'

// The package has no types; this is the part of it that is used here.
const require = createRequire(import.meta.url)
const samlp = require('samlp') as {
  getSamlResponse(options: object, user: object, done: (error: Error | null, response: unknown) => void): void
}

/** Makes certificates; a part of Debian's base. */
const openssl = 'openssl'

/** A signing key with its certificate, PEM. */
export interface SigningPair {
  readonly key: string
  readonly certificate: string
}

/** A fresh RSA key and a certificate of its own, by openssl. */
export function newSigningPair(bits = 2048): SigningPair {
  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-saml-'))
  try {
    const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')]
    const subject = ['-subj', '/CN=pretend provider', '-days', '3650']
    execFileSync(openssl, ['req', '-x509', '-newkey', `rsa:${bits}`, '-nodes', '-keyout', key, '-out', certificate, ...subject], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the pretend provider puts into its next response; changed by tests, for attacks too. */
export interface SamlSays {
  nameId: string
  context: string
  signResponse: boolean
  /** Signs with another key than the one that its metadata names. */
  pair: SigningPair
  signatureAlgorithm: 'rsa-sha256' | 'rsa-sha1'
  digestAlgorithm: 'sha256' | 'sha1'
  audience: string | undefined
  recipient: string | undefined
  destination: string | undefined
  inResponseTo: string | undefined
  issuer: string
  lifetimeInSeconds: number
  /** The last word on the XML, after it was signed. */
  finally: (xml: string) => string
}

/** A SAML identity provider (npm samlp) in this process, over HTTP. */
export interface SamlPeer {
  readonly url: string
  readonly entityId: string
  readonly says: SamlSays
  readonly metadataUrl: string
  /** What a browser would post, and where to, after leaving for `url`. */
  visit(url: string): Promise<{ action: string; fields: Record<string, string> }>
  close(): Promise<void>
}

/** Opens a provider. `pair`: its key; its own clock is the machine's. */
export async function openSamlPeer(pair: SigningPair = newSigningPair()): Promise<SamlPeer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const entityId = `${url}/idp`
  const says: SamlSays = {
    nameId: 'ana-0001',
    context: 'https://refeds.org/profile/mfa',
    signResponse: true,
    pair,
    signatureAlgorithm: 'rsa-sha256',
    digestAlgorithm: 'sha256',
    audience: undefined,
    recipient: undefined,
    destination: undefined,
    inResponseTo: undefined,
    issuer: entityId,
    lifetimeInSeconds: 300,
    finally: (xml) => xml,
  }
  const requestOf = (query: URLSearchParams) => {
    const xml = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString('utf8')
    const attribute = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(xml)?.[1] ?? ''
    return {
      id: attribute('ID'),
      acs: attribute('AssertionConsumerServiceURL').replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
      issuer: (/<saml:Issuer>([^<]*)</.exec(xml)?.[1] ?? '').replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    }
  }
  async function respond(query: URLSearchParams): Promise<{ action: string; fields: Record<string, string> }> {
    const asked = requestOf(query)
    const options = {
      issuer: says.issuer,
      cert: says.pair.certificate,
      key: says.pair.key,
      audience: says.audience ?? asked.issuer,
      recipient: says.recipient ?? asked.acs,
      destination: says.destination ?? asked.acs,
      inResponseTo: says.inResponseTo ?? asked.id,
      signResponse: says.signResponse,
      signatureAlgorithm: says.signatureAlgorithm,
      digestAlgorithm: says.digestAlgorithm,
      authnContextClassRef: says.context,
      lifetimeInSeconds: says.lifetimeInSeconds,
      nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      profileMapper: () => ({
        getClaims: () => ({ uid: says.nameId }),
        getNameIdentifier: () => ({ nameIdentifier: says.nameId }),
      }),
    }
    const xml = await new Promise<string>((resolve, reject) =>
      samlp.getSamlResponse(options, { id: says.nameId }, (error, response) =>
        error ? reject(error) : resolve(Buffer.isBuffer(response) ? response.toString('utf8') : String(response)),
      ),
    )
    const relayState = query.get('RelayState')
    return {
      action: asked.acs,
      fields: {
        SAMLResponse: Buffer.from(says.finally(xml)).toString('base64'),
        ...(relayState === null ? {} : { RelayState: relayState }),
      },
    }
  }
  const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`)
  server.on('request', (request, reply) => {
    const at = new URL(request.url ?? '/', url)
    if (at.pathname === '/metadata') {
      const body = says.pair.certificate.replace(/-----[^-]+-----|\s/g, '')
      return void reply
        .writeHead(200, { 'content-type': 'application/samlmetadata+xml' })
        .end(
          `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${url}/sso"/></IDPSSODescriptor></EntityDescriptor>`,
        )
    }
    if (at.pathname !== '/sso') return void reply.writeHead(404).end()
    void respond(at.searchParams).then(({ action, fields }) => {
      const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`)
      reply.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      reply.end(
        `<!doctype html><title>Pretend provider</title><form method="post" action="${escaped(action)}">${inputs.join('')}<button>Sign in as ${escaped(says.nameId)}</button></form>`,
      )
    })
  })
  return {
    url,
    entityId,
    says,
    metadataUrl: `${url}/metadata`,
    visit: (to) => respond(new URL(to).searchParams),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
