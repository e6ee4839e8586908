import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addSignature,
  after,
  archivePolicy,
  encodeStatement,
  fromBase64url,
  newSigningKey,
  newUuid,
  newestBox,
  opening,
  parse,
  revocation,
  sha256,
  signStatement,
  splitArchiveKey,
  toBase64url,
  toHex,
} from '@wardline/crypto'
import type { DeviceKeys, PersonKeys } from '@wardline/crypto'
import { empower, foundOrganisation, hire, must, settle, signIn, signInAgain, sit, staffFeatures } from '@wardline/dev/staff'
import type { Colleague, Desk, Organisation, Session } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { bySystem } from '@wardline/platform/server'
import { createPerson as addPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { audit, verifyAudit } from '@wardline/product/compliance/audit/server'
import {
  OpeningRefused,
  openWithShares,
  readAsOfficer,
  verifyExport,
  writeApproval,
  writeOpening,
} from '@wardline/product/compliance/archive/client'
import type { Export } from '@wardline/product/compliance/archive/client'
import { approveOpening, findConversations, listRequests, openingsOf, refuseOpening, releaseExport, requestOpening } from '../contract.ts'
import { archive } from './index.ts'

const canary = 'Kalium 6.8, bitte sofort: the canary of the archive'
const secret = 'not approved for anybody'

let world: World
let organisation: Organisation
let officer: Desk & { readonly recoveryKey: string }
let admin: Colleague
let ana: Desk
let ben: Desk
let approved: string
let elsewhere: string
const desks: Desk[] = []

const personWith = (name: string, roles: readonly Role[]) =>
  world.server.db.write(organisation.org, bySystem, (tx) =>
    addPerson(tx, { signInName: `p${newUuid().slice(0, 8)}`, name, title: '', roles }),
  )

async function deskOf(name: string, roles: readonly Role[]): Promise<Desk & { readonly recoveryKey: string }> {
  const desk = await sit(world, await signIn(world, organisation.org, await personWith(name, roles)))
  desks.push(desk)
  await desk.state((it) => it.status === 'needs-new-person')
  const made = await desk.engine.createIdentity()
  if (!made.ok) throw new Error(made.code)
  await desk.engine.confirmRecoveryKey()
  await desk.state((it) => it.status === 'ready')
  return { ...desk, recoveryKey: made.value.recoveryKey }
}

async function talk(from: Desk, to: Desk, text: string): Promise<string> {
  const conversation = newUuid()
  must2(await from.engine.createConversation({ conversation, kind: 'group', people: [to.session.person] }))
  await from.say(conversation, text)
  await to.conversation(conversation)
  await to.thread(conversation, (it) => it.length === 1)
  return conversation
}
const must2 = <T>(it: { ok: true; value: T } | { ok: false; code: string }): T => {
  if (!it.ok) throw new Error(it.code)
  return it.value
}

/** The keys of a desk's own device, as only its store has them. */
const own = async (desk: Desk) => (await desk.store.get(['device'])) as { device: DeviceKeys; keys: PersonKeys }

const scopeOf = (conversation: string) => [{ conversation, from: 1, to: 1 }]
async function ask(change: { desk?: Desk; scope?: ReturnType<typeof scopeOf>; reason?: string; request?: string } = {}) {
  const desk = change.desk ?? officer
  const { device, keys } = await own(desk)
  return writeOpening({
    organisation: organisation.org,
    person: desk.session.person,
    device,
    box: newestBox(keys),
    request: change.request ?? newUuid(),
    scope: change.scope ?? scopeOf(approved),
    reason: change.reason ?? 'Complaint 2026-17: what was ordered at 09:40',
    time: world.server.clock.ms(),
  })
}
const post = async (body: Awaited<ReturnType<typeof ask>>, desk: Desk = officer) => desk.session.call(requestOpening, { body })
const release = (request: string, by: Session = officer.session) => by.call(releaseExport, { params: { request } })

/** What a second officer signs of a request, as the list shows it to them. */
async function approvalOf(request: string, change: { by?: Pick<Colleague, 'person' | 'device'>; reason?: string } = {}) {
  const { person, device } = change.by ?? admin
  const asked = must(await admin.call(listRequests, {})).requests.find((it) => it.request === request)!
  const { reason = asked.reason } = change
  return writeApproval({ person, device, asked: { ...asked, reason }, time: world.server.clock.ms() })
}
const approve = async (request: string, by: Colleague = admin) =>
  by.call(approveOpening, { params: { request }, body: await approvalOf(request, { by }) })

/** A request that was approved and that a checkpoint covers. */
async function ready(scope = scopeOf(approved)): Promise<string> {
  const { request } = must(await post(await ask({ scope })))
  must(await approve(request))
  await world.settle()
  await world.advance(60_000)
  return request
}

beforeAll(async () => {
  world = await openWorld({ features: [...staffFeatures, audit((kind) => kind), archive], server: { beatMs: 100 } })
  organisation = await foundOrganisation(world)
  officer = await deskOf('Paul Stein', ['privacy-officer'])
  admin = await hire(world, organisation, { name: 'Hana Sato', roles: ['administrator'] })
  ana = await settle(world, organisation, 'Kim Tran')
  ben = await settle(world, organisation, 'Dr Ada Okafor')
  desks.push(ana, ben)
  await empower(world, organisation, 'archive-officer', [officer.session.person])
  await empower(world, organisation, 'administrator', [admin.person])
  approved = await talk(ana, ben, canary)
  elsewhere = await talk(ana, ben, secret)
  await Promise.all(desks.map((desk) => desk.engine.stop()))
}, 120_000)
afterAll(() => world.close())

const fingerprint = () => toHex(sha256(organisation.root.publicKey))
const shares = () => organisation.archive.shares.map((it) => it.text)
const refusedAs = async (run: Promise<unknown>) => {
  const thrown: unknown = await run.then(
    () => null,
    (error: unknown) => error,
  )
  if (thrown instanceof OpeningRefused) return thrown.code
  throw thrown ?? new Error('it was not refused')
}

describe('a request', () => {
  test('is asked, approved by a second person, logged, released, and opened offline by two of three shares, for the officer only', async () => {
    const people = [ana.session.person, ben.session.person]
    const now = world.server.clock.ms()
    const { conversations } = must(
      await officer.session.call(findConversations, { body: { people, from: now - 3_600_000, to: now + 60_000 } }),
    )
    expect(conversations.find((it) => it.conversation === approved)).toMatchObject({
      kind: 'group',
      epochs: { from: 1, to: 1 },
      messages: 1,
    })

    const { request } = must(await post(await ask()))
    expect(await release(request)).toMatchObject({ code: 'not-approved' })
    must(await approve(request))
    expect(await release(request)).toMatchObject({ code: 'not-logged' })
    await world.settle()
    await world.advance(60_000)

    const file = must(await release(request)) as unknown as Export
    const verified = await verifyExport(file, fingerprint())
    expect(verified.broken).toEqual([])
    expect(JSON.stringify(file)).not.toContain(canary)
    const opened = await openWithShares(verified, shares().slice(1))
    expect(opened.refused).toEqual([])
    expect(JSON.stringify(opened)).not.toContain(canary)
    const read = await readAsOfficer(verified, opened, officer.recoveryKey)
    expect(read).toMatchObject([{ is: 'text', text: canary, name: 'Kim Tran', conversation: approved, faults: [] }])

    const { openings } = must(await ana.session.call(openingsOf, { params: { conversation: approved } }))
    expect(openings).toMatchObject([{ request, requester: officer.session.person, approvedBy: admin.person, epochs: { from: 1, to: 1 } }])
    const { requests } = must(await admin.call(listRequests, {}))
    expect(requests.find((it) => it.request === request)).toMatchObject({
      state: 'released',
      logged: true,
      reason: expect.stringContaining('Complaint') as string,
    })
    await world.settle()
    const { rows } = await world.owner.query<{ kind: string }>("select kind from fact where key = 'archive|' || $1 order by at", [request])
    expect(rows.map((row) => row.kind)).toEqual([
      'compliance.archive.requested',
      'compliance.archive.approved',
      'compliance.archive.released',
    ])
    expect(
      (await verifyAudit(world.server.db, world.keys, { now: world.server.clock.ms(), kept: [file.log.checkpoint] })).every(
        (it) => it.intact,
      ),
    ).toBe(true)
  })

  test('may be repeated with the same bytes, never with others under its id', async () => {
    const body = await ask()
    const { request } = must(await post(body))
    expect(must(await post(body))).toEqual({ request })
    expect(await post(await ask({ request, reason: 'another reason for it' }))).toMatchObject({ code: 'id-taken' })
  })

  test('needs the root’s statement, not the role alone; and the role, not the statement alone', async () => {
    const other = await deskOf('Not Named', ['privacy-officer'])
    expect(await post(await ask({ desk: other }), other)).toMatchObject({ code: 'not-an-officer' })
    expect(await post(await ask({ desk: ana }), ana)).toMatchObject({ code: 'not-found' })
    expect(await admin.call(requestOpening, { body: await ask() })).toMatchObject({ code: 'not-found' })
    await other.engine.stop()
  })

  test('is the officer’s own, on a bound device, for their own key, with the reason that was signed', async () => {
    const body = await ask()
    const statement = parse(opening, fromBase64url(body.opening))
    const spoil = async (change: object, key?: DeviceKeys) => {
      const { device } = await own(officer)
      const made = await signStatement(opening, { ...statement.body, ...change }, (key ?? device).signing)
      return post({ ...body, opening: toBase64url(encodeStatement(made)) })
    }
    const theirs = await own(ana)
    expect(await post({ ...body, reason: 'a reason that nobody signed' })).toMatchObject({ code: 'bad-opening', field: 'reason' })
    const flipped = fromBase64url(body.opening).map((byte, i, all) => (i === all.length - 9 ? byte ^ 1 : byte))
    expect(await post({ ...body, opening: toBase64url(flipped) })).toMatchObject({ code: 'bad-opening' })
    expect(await spoil({ recipientKeyId: newestBox(theirs.keys).keyId })).toMatchObject({
      code: 'bad-opening',
      field: 'opening.recipientKeyId',
    })
    expect(await spoil({ author: { person: ana.session.person, device: theirs.device.device } }, theirs.device)).toMatchObject({
      field: 'opening.author',
    })
    expect(await spoil({}, theirs.device)).toMatchObject({ code: 'bad-opening', field: 'opening (bad-signature)' })
    expect(await spoil({ organisation: newUuid() })).toMatchObject({ field: 'opening.author' })
    expect(await spoil({ scope: [] })).toMatchObject({ field: 'opening.scope' })
    expect(await spoil({ scope: [{ conversation: approved, from: 1, to: 2 }] })).toMatchObject({ code: 'no-such-scope' })
    expect(await spoil({ scope: [{ conversation: newUuid(), from: 1, to: 1 }] })).toMatchObject({ code: 'no-such-scope' })
    await world.owner.query('update device set revoked_at = wl_now() where device = $1', [statement.body.author.device])
    expect(await post(body)).toMatchObject({ code: 'not-a-device' })
    await world.owner.query('update device set revoked_at = null where device = $1', [statement.body.author.device])
    const unbound = await signIn(world, organisation.org, officer.session.person)
    expect(await unbound.call(requestOpening, { body })).toMatchObject({ code: 'not-a-device' })
  })

  test('is never approved by who made it, nor twice, nor after it was refused; the database says so too', async () => {
    const { request } = must(await post(await ask()))
    const approval = await approvalOf(request)
    expect(await officer.session.call(approveOpening, { params: { request }, body: approval })).toMatchObject({ code: 'own-request' })
    await expect(
      world.owner.query(
        "update archive_request set decision = 'approved', decided_by = requester, decided_at = wl_now(), approval = opening where request = $1",
        [request],
      ),
    ).rejects.toMatchObject({ code: '23514' })
    await expect(
      world.owner.query(
        "update archive_request set decision = 'approved', decided_by = gen_random_uuid(), decided_at = wl_now() where request = $1",
        [request],
      ),
    ).rejects.toMatchObject({ constraint: 'archive_request_approval' })
    // Nor by an administrator whom who made it has just appointed.
    const appoint = (by: string | null) =>
      world.owner.query(
        "update role_grant set granted_by = $1, granted_at = wl_now() where org = $2 and person = $3 and role = 'administrator'",
        [by, organisation.org, admin.person],
      )
    await appoint(officer.session.person)
    expect(await approve(request)).toMatchObject({ code: 'appointed-by-asker' })
    await appoint(null)
    must(await officer.session.call(refuseOpening, { params: { request }, body: { reason: 'asked by mistake' } }))
    expect(await approve(request)).toMatchObject({ code: 'already-decided' })
    expect(await release(request)).toMatchObject({ code: 'not-approved' })
    expect(await admin.call(approveOpening, { params: { request: newUuid() }, body: approval })).toMatchObject({ code: 'not-found' })
    expect(await ana.session.call(listRequests, {})).toMatchObject({ code: 'not-found' })
  })

  test('is approved by the signed statement of somebody whom the root names, on their device, over what was asked; a role and a session are not enough', async () => {
    const { request } = must(await post(await ask()))
    const good = await approvalOf(request)
    const sends = (body: { approval: string }, by: Session = admin) => by.call(approveOpening, { params: { request }, body })
    // Invented by an administrator, with the role and a device: the root does not name them.
    const invented = await hire(world, organisation, { name: 'Invented', roles: ['administrator'] })
    expect(await sends(await approvalOf(request, { by: invented }), invented)).toMatchObject({ code: 'not-an-approver' })
    expect(await sends(good, invented)).toMatchObject({ code: 'bad-approval', field: 'approval.author' })
    expect(await sends(await approvalOf(request, { by: invented }))).toMatchObject({ field: 'approval.author' })
    expect(await sends(good, await signIn(world, organisation.org, admin.person))).toMatchObject({ code: 'not-a-device' })
    expect(await sends({ approval: good.approval.slice(0, -4) })).toMatchObject({ code: 'bad-approval', field: 'approval' })
    // Another's signature under the administrator's name; the request itself; another request's approval; a scope of one's own.
    const { body } = parse(opening, fromBase64url(good.approval))
    const signed = async (change: Partial<typeof body>, key: DeviceKeys = admin.device) => ({
      approval: toBase64url(encodeStatement(await signStatement(opening, { ...body, ...change }, key.signing))),
    })
    expect(await sends(await signed({}, invented.device))).toMatchObject({ field: 'approval (bad-signature)' })
    expect(await sends(await signed({ version: 1, prev: new Uint8Array(32) }))).toMatchObject({ field: 'approval (bad-chain)' })
    const other = must(await post(await ask({ scope: scopeOf(elsewhere) }))).request
    expect(await sends(await approvalOf(other))).toMatchObject({ field: 'approval (bad-chain)' })
    expect(await sends(await signed({ scope: scopeOf(elsewhere) }))).toMatchObject({ field: 'approval (wrong-subject)' })
    expect(await sends(await signed({ recipientKeyId: new Uint8Array(32) }))).toMatchObject({ field: 'approval (wrong-subject)' })
    // Whoever approves signs what they were shown, or nothing.
    expect(await refusedAs(approvalOf(request, { reason: 'something harmless' }))).toBe('untrusted')
    must(await sends(good))
  })

  test('is released to nobody but the officer who made it, and only while the approval is good', async () => {
    const request = await ready()
    const other = await signIn(world, organisation.org, await personWith('Second Officer', ['privacy-officer']))
    expect(await release(request, other)).toMatchObject({ code: 'not-found' })
    must(await release(request))
    await world.advance(15 * 86_400_000)
    expect(await release(request, await signIn(world, organisation.org, officer.session.person))).toMatchObject({ code: 'not-approved' })
    await signInAnew()
  })

  test('is seen by members of its conversations only', async () => {
    expect(await officer.session.call(openingsOf, { params: { conversation: approved } })).toMatchObject({ code: 'not-found' })
  })
})

/** The officer and the administrator in new sessions: those that were open end when the clock is moved by days. */
async function signInAnew(): Promise<void> {
  const desk = await sit(world, await signIn(world, organisation.org, officer.session.person), { store: officer.store })
  // A device that was not used for a week has wiped itself.
  await desk.state((it) => it.status === 'needs-recovery-key')
  must2(await desk.engine.enrol(officer.recoveryKey))
  await desk.state((it) => it.status === 'ready')
  await desk.engine.stop()
  officer = { ...desk, recoveryKey: officer.recoveryKey }
  admin = await signInAgain(world, admin)
}

describe('the offline half', () => {
  let file: Export
  beforeAll(async () => {
    file = must(await release(await ready())) as unknown as Export
  })
  const changed = (change: (it: Export) => Partial<Export>): Export => ({ ...file, ...change(structuredClone(file)) })
  const verified = (it: Export = file) => verifyExport(it, fingerprint())

  test('opens nothing with fewer shares than the root’s policy demands, with one share twice, or with shares of another key', async () => {
    const it = await verified()
    expect(await refusedAs(openWithShares(it, shares().slice(0, 1)))).toBe('too-few-shares')
    expect(await refusedAs(openWithShares(it, []))).toBe('too-few-shares')
    expect(await refusedAs(openWithShares(it, [shares()[0]!, shares()[0]!]))).toBe('too-few-shares')
    const [mistyped] = [shares()[0]!.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]
    expect(await refusedAs(openWithShares(it, [mistyped, shares()[1]!]))).toBe('bad-share')
    const others = (await splitArchiveKey(2, [newUuid(), newUuid()])).shares.map((share) => share.text)
    expect(await refusedAs(openWithShares(it, others))).toBe('foreign-share')
    expect(await refusedAs(openWithShares(it, [shares()[0]!, others[1]!]))).toBe('foreign-share')
    expect((await openWithShares(it, shares())).refused).toEqual([])
  })

  test('believes nothing that does not hang on the printed root', async () => {
    expect(await refusedAs(verifyExport(file, toHex(sha256((await newSigningKey()).publicKey))))).toBe('other-root')
    const stranger = await newSigningKey()
    const forgedRoot = changed((it) => ({ trust: { ...it.trust, root: toBase64url(stranger.publicKey) } }))
    expect(await refusedAs(verified(forgedRoot))).toBe('untrusted')
    const forgedPolicy = await signStatement(
      archivePolicy,
      parse(archivePolicy, fromBase64url(file.trust.archivePolicies[0]!.statement)).body,
      stranger,
    )
    const policies = [{ ...file.trust.archivePolicies[0]!, statement: toBase64url(encodeStatement(forgedPolicy)) }]
    expect(await refusedAs(verified(changed((it) => ({ trust: { ...it.trust, archivePolicies: policies } }))))).toBe('untrusted')
  })

  test('refuses epochs whose archive key the root has not signed', async () => {
    const without = changed((it) => ({ trust: { ...it.trust, archivePolicies: [] } }))
    expect(await refusedAs(verified(without))).toBe('wrong-policy')
    const { body } = parse(archivePolicy, fromBase64url(file.trust.archivePolicies[0]!.statement))
    const other = await splitArchiveKey(1, [newUuid()])
    const next = { ...body, ...after(null, body.organisation, body.time), ...other.publicKey, threshold: 1, custodians: other.custodians }
    const signed = await signStatement(archivePolicy, next, organisation.root)
    const swapped = [{ ...file.trust.archivePolicies[0]!, statement: toBase64url(encodeStatement(signed)) }]
    expect(await refusedAs(verified(changed((it) => ({ trust: { ...it.trust, archivePolicies: swapped } }))))).toBe('wrong-policy')
  })

  test('refuses a request that no archive officer signed, one that nobody else approved, and another reason', async () => {
    const statement = parse(opening, fromBase64url(file.opening))
    const theirs = await own(ana)
    const resigned = await addSignature({ ...statement, signatures: [] }, theirs.device.signing)
    expect(await refusedAs(verified(changed(() => ({ opening: toBase64url(encodeStatement(resigned)) }))))).toBe('not-an-officer')
    const byAna = await signStatement(
      opening,
      { ...statement.body, author: { person: ana.session.person, device: theirs.device.device } },
      theirs.device.signing,
    )
    expect(await refusedAs(verified(changed(() => ({ opening: toBase64url(encodeStatement(byAna)) }))))).toBe('not-an-officer')
    expect(await refusedAs(verified(changed((it) => ({ approvedBy: parse(opening, fromBase64url(it.opening)).body.author.person }))))).toBe(
      'not-approved',
    )
    expect(await refusedAs(verified(changed((it) => ({ approval: it.opening }))))).toBe('not-approved')
    expect(await refusedAs(verified(changed(() => ({ reason: 'curiosity' }))))).toBe('untrusted')
    expect(await refusedAs(verified(changed(() => ({ opening: 'AAAA' }))))).toBe('not-an-export')
    expect(await refusedAs(verified(changed((it) => ({ organisation: { ...it.organisation, id: newUuid() } }))))).toBe('untrusted')
  })

  test('refuses an approval that nobody whom the root names has signed, whatever the server says', async () => {
    const { body } = parse(opening, fromBase64url(file.approval))
    const approvedAs = async (change: Partial<typeof body>, key: DeviceKeys, more: Partial<Export> = {}) => {
      const made = await signStatement(opening, { ...body, ...change }, key.signing)
      const approval = { approval: toBase64url(encodeStatement(made)) }
      return refusedAs(verified(changed(() => ({ ...approval, approvedBy: made.body.author.person, ...more }))))
    }
    const [hers, theirs] = [await own(officer), await own(ana)]
    const byOfficer = { author: { person: officer.session.person, device: hers.device.device } }
    const byAna = { author: { person: ana.session.person, device: theirs.device.device } }
    // Of a colleague without the power, of who asked, with another's key, and after the power was given.
    expect(await approvedAs(byAna, theirs.device)).toBe('not-approved')
    expect(await approvedAs(byOfficer, hers.device)).toBe('not-approved')
    expect(await approvedAs({}, theirs.device)).toBe('not-approved')
    expect(await approvedAs({ scope: scopeOf(elsewhere) }, admin.device)).toBe('not-approved')
    expect(await approvedAs({ prev: new Uint8Array(32).fill(7) }, admin.device)).toBe('not-approved')
    expect(await approvedAs({}, admin.device, { approvedBy: ana.session.person })).toBe('not-approved')
    expect(await approvedAs({}, admin.device, { approvedAt: file.askedAt - 1 })).toBe('not-approved')
    expect((await verified()).broken).toEqual([])
  })

  test('refuses a request from a device that an administrator had cut off before', async () => {
    const { author } = parse(opening, fromBase64url(file.opening)).body
    const cut = await signStatement(
      revocation,
      {
        ...after(null, organisation.org, file.askedAt),
        ...author,
        last: [],
        author: { person: admin.person, device: admin.device.device },
      },
      admin.device.signing,
    )
    const cutAt = (at: number) =>
      changed((it) => ({
        people: it.people.map((one) =>
          one.person !== author.person
            ? one
            : {
                ...one,
                statements: [
                  ...one.statements,
                  { position: one.statements.length + 1, kind: 'revocation', statement: toBase64url(encodeStatement(cut)), at },
                ],
              },
        ),
      }))
    expect(await refusedAs(verified(cutAt(file.askedAt)))).toBe('not-an-officer')
    expect((await verified(cutAt(file.askedAt + 1))).broken).toEqual([])
  })

  test('gives no key for what lies outside the approved scope, though the server put it in', async () => {
    const wider = must(await release(await ready([...scopeOf(approved), ...scopeOf(elsewhere)]))) as unknown as Export
    const smuggled = changed((it) => ({
      epochs: [...it.epochs, ...wider.epochs.filter((epoch) => epoch.conversation === elsewhere)],
      messages: [...it.messages, ...wider.messages.filter((message) => message.conversation === elsewhere)],
      conversations: wider.conversations,
    }))
    const it = await verified(smuggled)
    expect(it.messages).toHaveLength(2)
    const opened = await openWithShares(it, shares())
    expect(opened.refused.map((one) => one.code)).toEqual(['out-of-scope'])
    const read = await readAsOfficer(it, opened, officer.recoveryKey)
    expect(read.map((one) => [one.is, one.text, one.code])).toEqual([
      ['text', canary, null],
      ['refused', null, 'out-of-scope'],
    ])
  })

  test('says of a message what the server has changed about it, and shows it all the same', async () => {
    const opened = async (change: Partial<Export['messages'][number]>) => {
      const it = await verified(changed((whole) => ({ messages: [{ ...whole.messages[0]!, ...change }] })))
      return (await readAsOfficer(it, await openWithShares(it, shares()), officer.recoveryKey))[0]!
    }
    expect(await opened({ person: ben.session.person })).toMatchObject({ is: 'text', text: canary, faults: ['unknown-device'] })
    expect(await opened({ person: officer.session.person })).toMatchObject({ text: canary, faults: ['unknown-device', 'not-member'] })
    expect(await opened({ device: newUuid() })).toMatchObject({ text: canary, faults: ['labels'] })
    expect(await opened({ envelope: null })).toMatchObject({ is: 'erased', text: null })
    const envelope = fromBase64url(file.messages[0]!.envelope!)
    envelope[envelope.length - 1]! ^= 1
    expect(await opened({ envelope: toBase64url(envelope) })).toMatchObject({ is: 'damaged', text: null })
  })

  test('is read by the officer’s newest recovery key and by nothing else', async () => {
    const it = await verified()
    const opened = await openWithShares(it, shares())
    expect(await refusedAs(readAsOfficer(it, opened, `${officer.recoveryKey}0`))).toBe('bad-recovery-key')
    const other = await deskOf('Another', ['clinician'])
    await other.engine.stop()
    expect(await refusedAs(readAsOfficer(it, opened, other.recoveryKey))).toBe('wrong-recovery-key')
    expect(await refusedAs(readAsOfficer(it, { ...opened, request: newUuid() }, officer.recoveryKey))).toBe('other-opening')
    expect(await refusedAs(readAsOfficer(it, { ...opened, parts: [toBase64url(new Uint8Array(120))] }, officer.recoveryKey))).toBe(
      'other-opening',
    )
  })
})
