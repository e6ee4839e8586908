/** LDAP with Debian's slapd: joiners, movers and leavers within the minute; encrypted, or not at all. */
import { applyMapping, directoryState, previewMapping, releaseFeed } from '@wardline/product/access/directory-sync/contract'
import { readLdap, setLdap, testLdap } from '@wardline/product/access/ldap/contract'
import { me } from '@wardline/product/access/provisioning/contract'
import { rolesOf } from '@wardline/product/access/roles/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasSlapd, ldapSettingsOf, openSlapd } from '../testing/slapd-peer.ts'
import type { SlapdPeer } from '../testing/slapd-peer.ts'
import { codeOf, must, openSsoWorld } from './lib/sso-world.ts'
import type { Member, SsoWorld } from './lib/sso-world.ts'

const there = hasSlapd()
const minute = 60_000

describe.skipIf(!there)('LDAP (skipped where Debian’s slapd is not there and cannot be fetched)', () => {
  let it: SsoWorld
  let peer: SlapdPeer
  let admin: Member
  beforeAll(async () => {
    peer = await openSlapd()
    it = await openSsoWorld()
    admin = await it.found()
  })
  afterAll(async () => {
    await it.world.close()
    await peer.close()
  })

  const settings = () => ldapSettingsOf(peer)
  const office = () => it.signedIn(admin.person)
  const personOf = async (uid: string) => {
    const { rows } = await it.world.owner.query<{ person: string; active: boolean; name: string }>(
      'select p.person, p.active, p.name from directory_person d join person p using (org, person) where d.org = $1 and d.user_name = $2',
      [it.org, uid],
    )
    return rows[0]
  }
  const roles = async (uid: string) => {
    const found = await personOf(uid)
    return it.world.server.db.read(it.org, (db) => rolesOf(db, found!.person))
  }

  test('a test shows what would happen, and changes nothing; each error is told exactly', async () => {
    for (const uid of ['ana', 'ben', 'cleo']) await peer.addPerson(uid)
    await peer.addPerson('gone', { userAccountControl: '514' })
    const browser = await office()
    const body = { settings: settings(), password: peer.password }
    const shown = must(await browser.call(testLdap, { body }))
    expect(shown.checks.every((one) => one.ok)).toBe(true)
    expect(shown.plan).toMatchObject({ joins: ['ana', 'ben', 'cleo'], leaves: [], stops: false, counts: { people: 4 } })
    expect(await personOf('ana')).toBeUndefined()

    const detail = async (change: object, password = peer.password) => {
      const { checks } = must(await browser.call(testLdap, { body: { settings: { ...settings(), ...change }, password } }))
      return checks.find((one) => !one.ok)?.detail ?? 'fine'
    }
    expect(await detail({}, 'wrong')).toBe('The directory does not accept this account and password.')
    expect(await detail({ authority: '' })).toContain('an authority that is not known here')
    expect(await detail({ host: '10.1.2.3' })).toContain('private or reserved address')
    expect(await detail({ security: 'none', host: '8.8.8.8' })).toBe('Without encryption only this machine itself may be asked.')
    expect(await detail({ port: 1 })).toMatch(/ECONNREFUSED/)
    expect(await detail({ userFilter: '(((' })).not.toBe('fine')
    expect(await detail({ security: 'starttls', port: peer.port })).toBe('fine')
    expect(await detail({ security: 'starttls', port: peer.port, authority: '' })).toContain('an authority that is not known here')
    expect(JSON.stringify(must(await browser.call(readLdap, {})))).not.toContain(peer.password)
  })

  test('a name outside this machine is asked with encryption only, and the password goes to no other host', async () => {
    const browser = await office()
    const set = (change: object, password?: string) =>
      browser.call(setLdap, {
        body: { settings: { ...settings(), ...change }, on: false, ...(password === undefined ? {} : { password }) },
      })
    expect(codeOf(await set({ security: 'none', host: '10.1.2.3' }, 'x'))).toBe('not-encrypted')
    expect(codeOf(await set({}))).toBe('password-missing')
    expect(codeOf(await set({}, peer.password))).toBe('ok')
    expect(codeOf(await set({ userBase: peer.base }))).toBe('ok')
    expect(codeOf(await set({ host: 'localhost' }))).toBe('password-missing')
    expect(codeOf(await set({ security: 'starttls', port: peer.port }))).toBe('password-missing')
    const tried = (change: object) => browser.call(testLdap, { body: { settings: { ...settings(), ...change } } })
    expect(must(await tried({})).checks.every((one) => one.ok)).toBe(true)
    expect(codeOf(await tried({ host: 'localhost' }))).toBe('password-missing')
    const { rows } = await it.world.owner.query('select sealed from ldap_connection')
    expect(Buffer.from((rows[0] as { sealed: Buffer }).sealed).toString('latin1')).not.toContain(peer.password)
  })

  test('joiners come, groups give roles, movers move, leavers are out: each within the minute', async () => {
    const browser = await office()
    must(await browser.call(setLdap, { body: { settings: settings(), on: true, password: peer.password } }))
    await peer.addGroup('icu', [`uid=ana,ou=people,${peer.base}`, `uid=cleo,ou=people,${peer.base}`])
    await peer.addGroup('all', [`cn=icu,ou=groups,${peer.base}`, `uid=ben,ou=people,${peer.base}`])
    await it.world.advance(minute)
    expect([await personOf('ana'), await personOf('gone')]).toMatchObject([{ active: true, name: 'Person ana' }, undefined])
    const state = must(await browser.call(directoryState, {}))
    const group = (name: string) => state.groups.find((one) => one.name === name)!
    expect([group('icu').people, group('all').people]).toEqual([2, 3])
    const mapping = [
      { group: group('icu').id, roles: ['nurse' as const] },
      { group: group('all').id, roles: ['clinician' as const] },
    ]
    const fresh = await office()
    const { digest, changes } = must(await fresh.call(previewMapping, { body: { mapping } }))
    expect(changes).toHaveLength(3)
    must(await fresh.call(applyMapping, { body: { mapping, digest } }))
    expect([await roles('ana'), await roles('ben')]).toEqual([['clinician', 'nurse'], ['clinician']])

    // Ana moves out of the unit; Ben is disabled; Cleo is deleted.
    const [ben, cleo] = [(await personOf('ben'))!.person, (await personOf('cleo'))!.person]
    const windows = [await it.signedIn(ben), await it.signedIn(cleo)]
    await peer.replace(`cn=icu,ou=groups,${peer.base}`, 'member', [`uid=cleo,ou=people,${peer.base}`])
    await peer.replace(`uid=ben,ou=people,${peer.base}`, 'userAccountControl', ['514'])
    await peer.remove(`uid=cleo,ou=people,${peer.base}`)
    await it.world.advance(minute)
    expect(await roles('ana')).toEqual([])
    expect([(await personOf('ben'))!.active, (await personOf('cleo'))!.active]).toEqual([false, false])
    for (const window of windows) expect(codeOf(await window.call(me, {}))).toBe('signed-out')

    // Enabled again under another name: the same person, by the directory's own id.
    await peer.replace(`uid=ben,ou=people,${peer.base}`, 'userAccountControl', ['512'])
    await peer.replace(`uid=ben,ou=people,${peer.base}`, 'displayName', ['Ben Newname'])
    await it.world.advance(minute)
    expect(await personOf('ben')).toMatchObject({ person: ben, active: true, name: 'Ben Newname' })
  })

  test('more people than a page, and officers who are none of its business', async () => {
    for (let i = 0; i < 510; i += 1) await peer.addPerson(`many${i}`)
    await peer.addPerson(admin.name)
    await it.world.advance(minute)
    const { rows } = await it.world.owner.query(
      "select count(*)::int as n from directory_person where user_name like 'many%' and left_at is null",
    )
    expect(rows).toEqual([{ n: 510 }])
    expect(await it.world.server.db.read(it.org, (db) => rolesOf(db, admin.person))).toEqual(['administrator'])
    expect(await personOf(admin.name)).toBeUndefined()
  }, 120_000)

  test('a directory that is suddenly almost empty ends nobody’s access until an administrator says so', async () => {
    const browser = await office()
    must(await browser.call(setLdap, { body: { settings: { ...settings(), userFilter: '(uid=ana)' }, on: true, password: peer.password } }))
    await it.world.advance(minute)
    const source = must(await browser.call(directoryState, {})).sources.find((one) => one.kind === 'ldap')!
    expect(source.halted?.leavers).toBeGreaterThan(500)
    expect((await personOf('many7'))!.active).toBe(true)
    must(await (await office()).call(releaseFeed, { params: { source: source.id } }))
    await it.world.advance(minute)
    expect((await personOf('many7'))!.active).toBe(false)
    expect((await personOf('ana'))!.active).toBe(true)
  }, 120_000)

  test('a directory that does not answer changes nobody, and is told', async () => {
    const browser = await office()
    must(await browser.call(setLdap, { body: { settings: { ...settings(), port: 1 }, on: true, password: peer.password } }))
    await it.world.advance(minute)
    expect(must(await browser.call(readLdap, {})).ldap?.problem?.what).toMatch(/ECONNREFUSED/)
    expect((await personOf('ana'))!.active).toBe(true)
  })
})
