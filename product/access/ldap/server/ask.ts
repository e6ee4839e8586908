import { isIP } from 'node:net'
import { Client, InvalidCredentialsError } from 'ldapts'
import type { Entry as LdapEntry } from 'ldapts'
import type { Static } from '@wardline/platform/contract'
import { OutgoingRefused } from '@wardline/platform/server'
import type { Outgoing } from '@wardline/platform/server'
import type { LdapSettings } from '../contract.ts'
import type { Entry, GroupEntry } from '../rules.ts'
import { isDisabled } from '../rules.ts'

type Settings = Static<typeof LdapSettings>

/** Why the directory cannot be asked: a sentence for the administrator, without the password. */
export class LdapRefused extends Error {
  readonly code: 'not-encrypted' | 'unreachable' | 'credentials' | 'answer'
  constructor(code: LdapRefused['code'], detail: string) {
    super(detail.slice(0, 600))
    this.name = 'LdapRefused'
    this.code = code
  }
}

/** Everything that the directory says of its people and groups. */
export interface Snapshot {
  readonly entries: readonly Entry[]
  readonly groups: readonly GroupEntry[]
}

/** Largest directory that is taken, in entries. */
const most = 100_000

/** Reads the whole directory: encrypted, unless it is on this machine, to an address that was judged. Throws LdapRefused. `now` in ms. */
export async function askDirectory(outgoing: Outgoing, settings: Settings, password: string, now: number): Promise<Snapshot> {
  const pinned = await outgoing.pin(settings.host).catch((thrown: unknown) => {
    throw thrown instanceof OutgoingRefused ? new LdapRefused('unreachable', thrown.message) : thrown
  })
  if (settings.security === 'none' && !pinned.loopback)
    throw new LdapRefused('not-encrypted', 'Without encryption only this machine itself may be asked.')
  const tls = {
    minVersion: 'TLSv1.2' as const,
    ...(isIP(settings.host) === 0 ? { servername: settings.host } : {}),
    host: settings.host,
    ...(settings.authority.trim() === '' ? {} : { ca: [settings.authority] }),
  }
  const address = pinned.family === 6 ? `[${pinned.address}]` : pinned.address
  const client = new Client({
    url: `${settings.security === 'ldaps' ? 'ldaps' : 'ldap'}://${address}:${settings.port}`,
    timeout: 20_000,
    connectTimeout: 5_000,
    ...(settings.security === 'ldaps' ? { tlsOptions: tls } : {}),
  })
  try {
    if (settings.security === 'starttls') await client.startTLS(tls)
    await client.bind(settings.bindDn, password)
    const entries = await people(client, settings, now)
    const groups = settings.groupBase === '' || settings.groupFilter === '' ? [] : await groupsOf(client, settings)
    return { entries, groups }
  } catch (thrown) {
    throw refusalOf(thrown)
  } finally {
    await client.unbind().catch(() => {})
  }
}

async function search(client: Client, base: string, filter: string, key: string, attributes: readonly string[]): Promise<LdapEntry[]> {
  const found: LdapEntry[] = []
  const options = {
    scope: 'sub' as const,
    filter,
    paged: { pageSize: 500 },
    attributes: [...new Set([...attributes, key])].filter((it) => it !== ''),
    explicitBufferAttributes: ['objectGUID'],
  }
  for await (const page of client.searchPaginated(base, options)) {
    found.push(...page.searchEntries)
    if (found.length > most) throw new LdapRefused('answer', `The directory has more than ${most} entries below ${base}.`)
  }
  return found
}

const textOf = (entry: LdapEntry, name: string): string => {
  const key = Object.keys(entry).find((it) => it.toLowerCase() === name.toLowerCase())
  const [value] = key === undefined ? [] : [entry[key]].flat()
  return value === undefined ? '' : Buffer.isBuffer(value) ? value.toString('utf8') : String(value)
}
const textsOf = (entry: LdapEntry, name: string): string[] => {
  const key = Object.keys(entry).find((it) => it.toLowerCase() === name.toLowerCase())
  return key === undefined ? [] : [entry[key]].flat().map((it) => (Buffer.isBuffer(it) ? it.toString('utf8') : String(it)))
}
const keyOf = (entry: LdapEntry, name: string): string => {
  const key = Object.keys(entry).find((it) => it.toLowerCase() === name.toLowerCase())
  const [value] = key === undefined ? [] : [entry[key]].flat()
  return value === undefined ? '' : Buffer.isBuffer(value) ? value.toString('hex') : String(value)
}

async function people(client: Client, settings: Settings, now: number): Promise<Entry[]> {
  const flags = ['userAccountControl', 'accountExpires', 'nsAccountLock']
  const { userNameAttribute, nameAttribute, titleAttribute, keyAttribute } = settings
  const found = await search(client, settings.userBase, settings.userFilter, keyAttribute, [
    userNameAttribute,
    nameAttribute,
    titleAttribute,
    ...flags,
  ])
  return found.flatMap((it) => {
    const [key, userName] = [keyOf(it, keyAttribute), textOf(it, userNameAttribute).trim()]
    if (key === '' || userName === '') return []
    const [userAccountControl, accountExpires, nsAccountLock] = flags.map((flag) => textOf(it, flag))
    return [
      {
        key,
        dn: it.dn,
        userName: userName.slice(0, 200),
        name: (textOf(it, nameAttribute).trim() || userName).slice(0, 120),
        title: (titleAttribute === '' ? '' : textOf(it, titleAttribute)).slice(0, 120),
        active: !isDisabled(
          { userAccountControl: userAccountControl!, accountExpires: accountExpires!, nsAccountLock: nsAccountLock! },
          now,
        ),
      },
    ]
  })
}

async function groupsOf(client: Client, settings: Settings): Promise<GroupEntry[]> {
  const found = await search(client, settings.groupBase, settings.groupFilter, settings.keyAttribute, ['cn', 'member', 'uniqueMember'])
  return found.flatMap((it) => {
    const key = keyOf(it, settings.keyAttribute)
    const members = [...textsOf(it, 'member'), ...textsOf(it, 'uniqueMember')]
    return key === '' ? [] : [{ key, dn: it.dn, name: (textOf(it, 'cn') || it.dn).slice(0, 300), members }]
  })
}

function refusalOf(thrown: unknown): unknown {
  if (thrown instanceof LdapRefused) return thrown
  if (thrown instanceof InvalidCredentialsError)
    return new LdapRefused('credentials', 'The directory does not accept this account and password.')
  if (!(thrown instanceof Error)) return thrown
  const { code } = thrown as { code?: unknown }
  if (typeof code !== 'string') return new LdapRefused('answer', thrown.message)
  return new LdapRefused('unreachable', `${whyUnreachable(code) ?? thrown.message} (${code})`)
}

/** A certificate whose issuer is not known here, and the commonest other reasons, in words; undefined: the message says it. */
function whyUnreachable(code: string): string | undefined {
  if (unknownIssuer.has(code))
    return 'The directory’s certificate was issued by an authority that is not known here. Paste that authority’s certificate (PEM) into “Certificate authority”.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'The directory’s certificate is for another name. Use the host name that stands in the certificate.'
  if (code === 'CERT_HAS_EXPIRED') return 'The directory’s certificate has expired. It must be renewed at the directory.'
  if (code === 'ECONNREFUSED') return 'Nothing answers at this host and port.'
  return undefined
}

/** OpenSSL's verification errors (X509_V_ERR) for a chain that ends nowhere known. */
const unknownIssuer: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
