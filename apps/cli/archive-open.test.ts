import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newUuid, newestBox, sha256, toHex } from '@wardline/crypto'
import type { DeviceKeys, PersonKeys } from '@wardline/crypto'
import { empower, foundOrganisation, hire, must, settle, signIn, sit, staffFeatures } from '@wardline/dev/staff'
import type { Organisation } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { writeApproval, writeOpening } from '@wardline/product/compliance/archive/client'
import { approveOpening, listRequests, releaseExport, requestOpening } from '@wardline/product/compliance/archive/contract'
import { archive } from '@wardline/product/compliance/archive/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { wardline } from '../../testing/command-line.ts'

const canary = 'Kalium 6.8, bitte sofort: the canary of the offline test'

let world: World
let organisation: Organisation
let folder: string
let recoveryKey: string

const personWith = (name: string, roles: readonly Role[]) =>
  world.server.db.write(organisation.org, bySystem, (tx) =>
    createPerson(tx, { signInName: `p${newUuid().slice(0, 8)}`, name, title: '', roles }),
  )

/** A conversation with the canary, and an approved request that is released to a file. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-open-'))
  world = await openWorld({ features: [...staffFeatures, audit((kind) => kind), archive], server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
  const officer = await sit(world, await signIn(world, organisation.org, await personWith('Paul Stein', ['privacy-officer'])))
  await officer.state((it) => it.status === 'needs-new-person')
  const identity = await officer.engine.createIdentity()
  if (!identity.ok) throw new Error(identity.code)
  recoveryKey = identity.value.recoveryKey
  await officer.engine.confirmRecoveryKey()
  await empower(world, organisation, 'archive-officer', [officer.session.person])
  const [ana, ben] = [await settle(world, organisation, 'Kim Tran'), await settle(world, organisation, 'Dr Ada Okafor')]
  const conversation = newUuid()
  await ana.engine.createConversation({ conversation, kind: 'group', people: [ben.session.person] })
  await ana.say(conversation, canary)
  await ben.conversation(conversation)
  await ben.say(conversation, 'on my way,\nfour minutes')
  await ana.thread(conversation, (it) => it.length === 2 && it.every((one) => one.sequence !== null))

  const { device, keys } = (await officer.store.get(['device'])) as { device: DeviceKeys; keys: PersonKeys }
  const body = await writeOpening({
    organisation: organisation.org,
    person: officer.session.person,
    device,
    box: newestBox(keys),
    request: newUuid(),
    scope: [{ conversation, from: 1, to: 1 }],
    reason: 'Complaint 2026-17: what was ordered at 09:40',
    time: world.server.clock.ms(),
  })
  const { request } = must(await officer.session.call(requestOpening, { body }))
  const admin = await hire(world, organisation, { name: 'Hana Sato', roles: ['administrator'] })
  await empower(world, organisation, 'administrator', [admin.person])
  const asked = must(await admin.call(listRequests, {})).requests.find((it) => it.request === request)!
  const approval = await writeApproval({ person: admin.person, device: admin.device, asked, time: world.server.clock.ms() })
  must(await admin.call(approveOpening, { params: { request }, body: approval }))
  await world.settle()
  await world.advance(60_000)
  await writeFile(file('export.wardline'), JSON.stringify(must(await officer.session.call(releaseExport, { params: { request } }))))
  for (const desk of [officer, ana, ben]) await desk.engine.stop()

  const fingerprint = toHex(sha256(organisation.root.publicKey)).match(/.{4}/g)!.join(' ')
  for (const { index, text } of organisation.archive.shares)
    await writeFile(file(`share-${index}.txt`), `A custodian's paper\nRoot fingerprint: ${fingerprint}\nShare:            ${text}\n`)
  await writeFile(file('recovery.txt'), `${recoveryKey}\n`)
}, 120_000)
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true, force: true })
})

const file = (name: string) => path.join(folder, name)
const share = (...indexes: readonly number[]) => indexes.flatMap((index) => ['--share', file(`share-${index}.txt`)])
// Without a network of its own a process can reach nobody: where the system allows it, that is how the command is run.
const alone = ['unshare', '-n'] as const
const isolated = spawnSync(alone[0], [alone[1], 'true']).status === 0 ? alone : []
const open = (...args: readonly string[]) => wardline(['archive', 'open', file('export.wardline'), ...args], { under: isolated })
const code = (err: string) => /\[([\w-]+)\]\s*$/.exec(err)?.[1]

describe('wardline archive open', { timeout: 60_000 }, () => {
  test('writes the messages for the officer, from two of three shares and the recovery key, without network', async () => {
    const out = file('together')
    const it = await open(...share(1, 3), '--recovery-key', file('recovery.txt'), '--out', out)
    expect([it.code, it.err]).toEqual([0, ''])
    expect(it.out).toContain('asked by Paul Stein')
    expect(it.out).toContain('approved by Hana Sato')
    expect(it.out).toContain('2 of 3 shares')
    expect((await readdir(out)).toSorted()).toEqual(['checkpoint.note', 'messages.json', 'messages.txt', 'opening.sealed'])
    expect((await stat(out)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(out)) expect((await stat(path.join(out, name))).mode & 0o777).toBe(0o600)
    const text = await readFile(path.join(out, 'messages.txt'), 'utf8')
    expect(text).toContain(`Kim Tran: ${canary}\n`)
    expect(text).toContain('Dr Ada Okafor: on my way,\n    four minutes\n')
    expect(text).not.toContain('NOT TO BE BELIEVED')
    const whole = JSON.parse(await readFile(path.join(out, 'messages.json'), 'utf8')) as { messages: { text: string; faults: string[] }[] }
    expect(whole.messages.map((one) => [one.text, one.faults])).toEqual([
      [canary, []],
      ['on my way,\nfour minutes', []],
    ])

    // Nothing that opens anything, and nothing that was opened, is told or left where it does not belong.
    const shares = organisation.archive.shares.map((one) => one.text)
    for (const said of [it.out, await readFile(path.join(out, 'opening.sealed'), 'utf8')])
      for (const never of [...shares, recoveryKey, canary]) expect(said).not.toContain(never)
    for (const name of ['messages.txt', 'messages.json', 'checkpoint.note'])
      for (const never of [...shares, recoveryKey]) expect(await readFile(path.join(out, name), 'utf8')).not.toContain(never)
  })

  test('hands sealed keys from the custodians’ machine to the officer’s, which needs no share', async () => {
    const custodians = file('custodians')
    const first = await open(...share(2, 3), '--out', custodians, '--json')
    expect(first.code).toBe(0)
    expect(first.json()).toMatchObject({ messages: 2, opened: 2, refused: [], read: false })
    expect((await readdir(custodians)).toSorted()).toEqual(['checkpoint.note', 'opening.sealed'])
    const fingerprint = toHex(sha256(organisation.root.publicKey))
    const second = await open(
      ...['--opened', path.join(custodians, 'opening.sealed'), '--root', fingerprint, '--recovery-key', file('recovery.txt')],
      ...['--out', file('officer'), '--json'],
    )
    expect(second.json()).toMatchObject({ messages: 2, opened: 2, read: true })
    expect(await readFile(file('officer/messages.txt'), 'utf8')).toContain(canary)
  })

  test('refuses fewer shares than the root’s policy demands, also the same one twice, and writes nothing', async () => {
    for (const given of [share(1), share(1, 1)]) {
      const it = await open(...given, '--recovery-key', file('recovery.txt'), '--out', file('few'))
      expect([it.code, code(it.err)]).toEqual([3, 'too-few-shares'])
      expect(await readdir(file('few'))).toEqual([])
    }
  })

  test('refuses a mistyped share, another root, another person’s recovery key and a folder that is in use', async () => {
    const paper = await readFile(file('share-1.txt'), 'utf8')
    await writeFile(
      file('mistyped.txt'),
      paper.replace(/.$/m, '').replace(/(.)\n$/, (_all, last: string) => `${last === '0' ? '1' : '0'}\n`),
    )
    const mistyped = await open('--share', file('mistyped.txt'), ...share(2), '--out', file('m'))
    expect([mistyped.code, code(mistyped.err)]).toEqual([3, 'bad-share'])
    expect(mistyped.err).not.toContain(organisation.archive.shares[0]!.text.slice(0, 11))
    await writeFile(file('other-root.txt'), paper.replace(/Root fingerprint: .{4}/, 'Root fingerprint: 0000'))
    const mixed = await open('--share', file('other-root.txt'), ...share(2), '--out', file('r'))
    expect([mixed.code, code(mixed.err)]).toEqual([2, 'wrong-flags'])
    const root = await open('--share', file('other-root.txt'), '--out', file('r'))
    expect([root.code, code(root.err)]).toEqual([3, 'other-root'])
    await writeFile(
      file('wrong-recovery.txt'),
      recoveryKey.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    )
    const recovery = await open(...share(1, 2), '--recovery-key', file('wrong-recovery.txt'), '--out', file('w'))
    expect([recovery.code, code(recovery.err)]).toEqual([3, 'bad-recovery-key'])
    const used = await open(...share(1, 2), '--out', folder)
    expect([used.code, code(used.err)]).toEqual([2, 'folder-not-empty'])
  })

  test('says which message it gives no key for, and exits 1', async () => {
    const whole = JSON.parse(await readFile(file('export.wardline'), 'utf8')) as {
      messages: { envelope: string; hash: string }[]
      epochs: unknown[]
    }
    await writeFile(file('cut.wardline'), JSON.stringify({ ...whole, epochs: [], messages: whole.messages.slice(0, 1) }))
    const it = await wardline([
      'archive',
      'open',
      file('cut.wardline'),
      ...share(1, 2),
      '--recovery-key',
      file('recovery.txt'),
      '--out',
      file('cut'),
      '--json',
    ])
    expect(it.code).toBe(3)
    await writeFile(
      file('bent.wardline'),
      JSON.stringify({ ...whole, messages: [{ ...whole.messages[0]!, hash: whole.messages[1]!.hash }] }),
    )
    const bent = await wardline([
      'archive',
      'open',
      file('bent.wardline'),
      ...share(1, 2),
      '--recovery-key',
      file('recovery.txt'),
      '--out',
      file('bent'),
      '--json',
    ])
    expect(bent.code).toBe(1)
    expect(bent.json()).toMatchObject({ doubtful: 1 })
    expect(await readFile(file('bent/messages.txt'), 'utf8')).toMatch(/NOT TO BE BELIEVED AS IT STANDS: the server told another place/)
  })

  test.each([
    ['a file that is none', 'not JSON'],
    ['another document', '{"format":"wardline archive export 2"}'],
  ])('refuses %s', async (_what, text) => {
    await writeFile(file('none.wardline'), text)
    const it = await wardline(['archive', 'open', file('none.wardline'), ...share(1, 2), '--out', file('n')])
    expect([it.code, code(it.err)]).toEqual([2, 'not-an-export'])
  })

  test('asks nobody where there is no terminal', async () => {
    const fingerprint = toHex(sha256(organisation.root.publicKey))
    const it = await open('--root', fingerprint, '--out', file('ask'))
    expect([it.code, code(it.err)]).toEqual([2, 'not-a-terminal'])
  })
})
