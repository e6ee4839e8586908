import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

// The product's own library; this is the part of it that is used here.
interface LdapClient {
  bind(dn: string, password: string): Promise<void>
  add(dn: string, attributes: Readonly<Record<string, string | string[]>>): Promise<void>
  modify(dn: string, change: object): Promise<void>
  del(dn: string): Promise<void>
  unbind(): Promise<void>
}
const ofProduct = createRequire(new URL('../product/package.json', import.meta.url))
const { Attribute, Change, Client } = ofProduct('ldapts') as {
  Attribute: new (of: { type: string; values: string[] }) => object
  Change: new (of: { operation: string; modification: object }) => object
  Client: new (of: { url: string; connectTimeout: number; timeout: number }) => LdapClient
}

const binary = '/usr/sbin/slapd'
/** Makes certificates; a part of Debian's base. */
const openssl = 'openssl'

/** Whether Debian's slapd is there; as root and with apt it is fetched if it is not. */
export function hasSlapd(): boolean {
  if (existsSync(binary)) return true
  if (process.getuid?.() !== 0 || process.env.WARDLINE_NO_APT) return false
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'slapd'], { stdio: 'ignore', env, timeout: 120_000 })
  } catch {
    return false
  }
  return existsSync(binary)
}

/** Debian's OpenLDAP server on a directory of its own, plain and over TLS. */
export interface SlapdPeer {
  readonly port: number
  readonly tlsPort: number
  /** The certificate authority's certificate, PEM. */
  readonly authority: string
  readonly base: string
  readonly account: string
  readonly password: string
  addPerson(uid: string, more?: Readonly<Record<string, string>>): Promise<string>
  addGroup(name: string, members: readonly string[]): Promise<string>
  replace(dn: string, attribute: string, values: readonly string[]): Promise<void>
  remove(dn: string): Promise<void>
  close(): Promise<void>
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

/** Starts slapd; the caller closes it. */
export async function openSlapd(): Promise<SlapdPeer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-slapd-'))
  const file = (name: string) => path.join(folder, name)
  const make = (...args: string[]) => execFileSync(openssl, args, { stdio: 'ignore', cwd: folder })
  make(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=pretend authority',
    '-days',
    '3650',
  )
  make('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'tls.key', '-out', 'tls.csr', '-subj', '/CN=localhost')
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  make(
    'x509',
    '-req',
    '-in',
    'tls.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'tls.pem',
    '-days',
    '3650',
    '-extfile',
    'names',
  )
  mkdirSync(file('data'))
  const base = 'dc=mercy,dc=example'
  const account = `cn=reader,${base}`
  const password = 'a-password-of-the-reader'
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`)
  writeFileSync(
    file('slapd.conf'),
    [
      ...schemas,
      // The flags of other directories, so that they can be said here.
      `attributetype ( 1.3.6.1.4.1.99999.1 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )`,
      `objectclass ( 1.3.6.1.4.1.99999.2 NAME 'pretendUser' SUP top AUXILIARY MAY userAccountControl )`,
      'modulepath /usr/lib/ldap',
      'moduleload back_mdb',
      `pidfile ${file('slapd.pid')}`,
      `TLSCertificateFile ${file('tls.pem')}`,
      `TLSCertificateKeyFile ${file('tls.key')}`,
      'sizelimit size.soft=500 size.hard=500 size.pr=500 size.prtotal=unlimited',
      'database mdb',
      `suffix "${base}"`,
      `rootdn "${account}"`,
      `rootpw ${password}`,
      `directory ${file('data')}`,
      'limits dn.exact="" size.pr=500',
      '',
    ].join('\n'),
  )
  const [port, tlsPort] = [await freePort(), await freePort()]
  const child = spawn(binary, ['-f', file('slapd.conf'), '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`, '-d', '0'], {
    stdio: 'ignore',
  })
  const client = new Client({ url: `ldap://127.0.0.1:${port}`, connectTimeout: 2_000, timeout: 5_000 })
  for (let tries = 0; ; tries += 1) {
    try {
      await client.bind(account, password)
      break
    } catch (thrown) {
      if (tries > 100) throw thrown
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  await client.add(base, { objectClass: ['dcObject', 'organization'], dc: 'mercy', o: 'Mercy' })
  for (const unit of ['people', 'groups']) await client.add(`ou=${unit},${base}`, { objectClass: 'organizationalUnit', ou: unit })
  return {
    port,
    tlsPort,
    authority: readFileSync(file('ca.pem'), 'utf8'),
    base,
    account,
    password,
    async addPerson(uid, more = {}) {
      const dn = `uid=${uid},ou=people,${base}`
      await client.add(dn, {
        objectClass: ['inetOrgPerson', 'pretendUser'],
        uid,
        cn: `Person ${uid}`,
        sn: uid,
        displayName: `Person ${uid}`,
        userAccountControl: '512',
        ...more,
      })
      return dn
    },
    async addGroup(name, members) {
      const dn = `cn=${name},ou=groups,${base}`
      await client.add(dn, { objectClass: 'groupOfNames', cn: name, member: [...members] })
      return dn
    },
    replace: (dn, attribute, values) =>
      client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type: attribute, values: [...values] }) })),
    remove: (dn) => client.del(dn),
    async close() {
      await client.unbind()
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How an administrator would describe this directory to Wardline: over TLS, with its own authority. */
export const ldapSettingsOf = (peer: SlapdPeer) => ({
  host: '127.0.0.1',
  port: peer.tlsPort,
  security: 'ldaps' as const,
  authority: peer.authority,
  bindDn: peer.account,
  userBase: `ou=people,${peer.base}`,
  userFilter: '(objectClass=inetOrgPerson)',
  groupBase: `ou=groups,${peer.base}`,
  groupFilter: '(objectClass=groupOfNames)',
  keyAttribute: 'entryUUID' as const,
  userNameAttribute: 'uid',
  nameAttribute: 'displayName',
  titleAttribute: 'title',
})
