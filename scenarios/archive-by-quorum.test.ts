/** Team messages can be opened by k of n custodians, offline, within what was approved; by nobody else, and no author can shut the archive out unseen. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { wardlineFeatures } from '@wardline/app-server'
import { decodeRecipientSeals, encodeRecipientSeals, fromBase64url, newestBox, newUuid, parseEpoch, toBase64url } from '@wardline/crypto'
import type { Epoch, RecipientSeal, Statement } from '@wardline/crypto'
import { must } from '@wardline/dev/staff'
import type { Desk } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { writeApproval, writeOpening } from '@wardline/product/compliance/archive/client'
import type { Export } from '@wardline/product/compliance/archive/client'
import {
  approveOpening,
  findConversations,
  listRequests,
  releaseExport,
  requestOpening,
} from '@wardline/product/compliance/archive/contract'
import type { KnownEpoch } from '@wardline/product/team/conversations/client'
import type { Own } from '@wardline/product/team/devices/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeSeal, openSeal, privateBytesOf, publicBytesOf, seedOf } from './lib/by-hand.ts'
import { canary, formsOf, searchFolder } from './lib/canary.ts'
import { foundByCeremony, shareFilesOf, shareIn, takeSeat } from './lib/ceremony.ts'
import type { Founded } from './lib/ceremony.ts'

const [asked, answered, private_, disputed] = [
  canary('K+ 6.8'),
  canary('calcium now'),
  canary('not your business'),
  canary('who reads this'),
]

let folder: string
let world: World
let brendan: Founded
let maple: Founded
let shares: string[]
let foreign: string[]
const seats = new Map<string, Desk & { readonly recoveryKey: string }>()
const seat = (name: string) => seats.get(name)!
const id = (name: string) => brendan.people.get(name)!
let approved: string
let elsewhere: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'wardline-archive-'))
  world = await openWorld({ features: wardlineFeatures(), server: { beatMs: 100 } })
  brendan = await foundByCeremony(world, {
    name: 'St Brendan, ward 4W',
    papers: path.join(folder, 'ceremony St Brendan'),
    threshold: 3,
    members: [
      { name: 'Paul Stein', roles: ['privacy-officer'] },
      { name: 'Hana Sato', roles: ['administrator'] },
      { name: 'Kim Tran', roles: ['clinician'] },
      { name: 'Ada Okafor', roles: ['clinician'] },
      { name: 'Raj Patel', roles: ['clinician'] },
    ],
  })
  maple = await foundByCeremony(world, {
    name: 'Maple Street Dental',
    papers: path.join(folder, 'ceremony Maple Street'),
    threshold: 2,
    members: [
      { name: 'Nora Lindqvist', roles: ['privacy-officer'] },
      { name: 'Marisol Vega', roles: ['administrator'] },
      { name: 'Sam Ellis', roles: ['auditor'] },
    ],
  })
  ;[shares, foreign] = [await shareFilesOf(brendan), await shareFilesOf(maple)]
  for (const name of brendan.people.keys()) seats.set(name, await takeSeat(world, brendan, name))
  approved = await converse(
    'direct',
    ['Kim Tran', 'Ada Okafor'],
    [
      ['Kim Tran', asked.text],
      ['Ada Okafor', answered.text],
    ],
  )
  elsewhere = await converse('group', ['Kim Tran', 'Raj Patel'], [['Raj Patel', private_.text]])
}, 120_000)
afterAll(async () => {
  await closeWorld()
  await rm(folder, { recursive: true, force: true })
})

let closed: Promise<void> | undefined
/** From here on there is no server. */
const closeWorld = (): Promise<void> =>
  (closed ??= (async () => {
    await Promise.all([...seats.values()].map((it) => it.engine.stop()))
    await world?.close()
  })())

/** The first of them begins a conversation; the lines are written in turn, and each is read by all. */
async function converse(
  kind: 'direct' | 'group',
  names: readonly string[],
  lines: readonly (readonly [who: string, text: string])[],
): Promise<string> {
  const [founder, ...others] = names.map(seat)
  const conversation = newUuid()
  expect(await founder!.engine.createConversation({ conversation, kind, people: others.map((it) => it.session.person) })).toMatchObject({
    ok: true,
  })
  for (const it of others) await it.conversation(conversation)
  for (const [who, text] of lines) {
    await seat(who).say(conversation, text)
    for (const name of names) await seat(name).until(async () => (await seat(name).texts(conversation)).includes(text), `${name} reads it`)
  }
  return conversation
}

/** Asked for by the privacy officer, approved by the administrator, covered by a checkpoint, released: the file that goes to the custodians. */
async function exported(conversation: string): Promise<Export> {
  const officer = seat('Paul Stein')
  const { device, keys } = (await officer.store.get(['device'])) as Own
  const now = world.server.clock.ms()
  const { session } = officer
  const names = [...brendan.people.values()]
  const found = await Promise.all(
    names.map(
      async (who) =>
        must(await session.call(findConversations, { body: { people: [who], from: now - 86_400_000, to: now + 1 } })).conversations,
    ),
  )
  const { epochs } = found.flat().find((it) => it.conversation === conversation)!
  const body = await writeOpening({
    organisation: brendan.org,
    person: session.person,
    device,
    box: newestBox(keys),
    request: newUuid(),
    // From the first epoch on: a message that met the dispute on its way stands in the second.
    scope: [{ conversation, from: 1, to: epochs.to }],
    reason: 'Complaint 2026-17: what was ordered, and when',
    time: now,
  })
  const { request } = must(await session.call(requestOpening, { body }))
  const hana = seat('Hana Sato')
  const asked = must(await hana.session.call(listRequests, {})).requests.find((it) => it.request === request)!
  const hers = (await hana.store.get(['device'])) as Own
  const approval = await writeApproval({ person: hana.session.person, device: hers.device, asked, time: now })
  must(await hana.session.call(approveOpening, { params: { request }, body: approval }))
  await world.settle()
  await world.advance(60_000)
  return must(await session.call(releaseExport, { params: { request } }))
}

describe('an author who cheats on the archive’s seal', () => {
  /** Changes the archive's seal in what a device uploads. */
  const cheat = (desk: Desk, change: (epoch: Statement<Epoch>, seal: RecipientSeal) => Uint8Array<ArrayBuffer>) => {
    desk.wires.ask = (to, body) => {
      if (to !== '/api/v1/conversations') return body
      const { epoch, ...rest } = body as { epoch: { statement: string; recipients: string } }
      const statement = parseEpoch(fromBase64url(epoch.statement))
      const seals = decodeRecipientSeals(fromBase64url(epoch.recipients)).map((it) => ({ ...it, seal: change(statement, it) }))
      return { ...rest, epoch: { ...epoch, recipients: toBase64url(encodeRecipientSeals(seals)) } }
    }
  }
  const archiveKey = async () => privateBytesOf(seedOf(await Promise.all(shares.slice(0, 3).map(shareIn))))
  let rogue: Buffer
  let real: Buffer
  let earlier: Uint8Array<ArrayBuffer>
  beforeAll(async () => {
    real = await archiveKey()
    rogue = privateBytesOf(Buffer.alloc(32, 7))
    const { candidates } = (await seat('Kim Tran').store.get(['epoch', approved, 1])) as KnownEpoch
    earlier = new Uint8Array(decodeRecipientSeals(candidates[0]!.seals)[0]!.seal)
  })

  test.each([
    [
      'with bytes that are no seal',
      (_epoch: Statement<Epoch>, it: RecipientSeal) => crypto.getRandomValues(new Uint8Array(it.seal.length)),
    ],
    [
      'with a good seal of another secret',
      (epoch: Statement<Epoch>, it: RecipientSeal) => makeSeal(publicBytesOf(real), epoch, it, Buffer.alloc(32, 1)),
    ],
    [
      'with the secret sealed to a key of their own',
      (epoch: Statement<Epoch>, it: RecipientSeal) => makeSeal(publicBytesOf(rogue), epoch, it, openSeal(real, epoch, it)!),
    ],
    [
      'with the right secret, but randomness of their own',
      (epoch: Statement<Epoch>, it: RecipientSeal) => makeSeal(publicBytesOf(real), epoch, it, openSeal(real, epoch, it)!),
    ],
    ['with the seal of an earlier conversation', () => earlier],
  ])(
    '%s is named by each of the others to everybody, in the log too, and the archive opens all the same',
    async (_how, change) => {
      const kim = seat('Kim Tran')
      cheat(kim, change)
      const names = ['Kim Tran', 'Ada Okafor', 'Raj Patel']
      const conversation = await converse('group', names, [['Ada Okafor', disputed.text]])
      kim.wires.ask = (_to, body) => body
      const [author, ...honest] = names.map(id)
      for (const name of names) {
        await seat(name).conversation(conversation, (it) =>
          honest.every((who) => it.disputes.some((d) => d.epoch === 1 && d.author === author && d.reporter === who)),
        )
        for (const by of honest)
          await seat(name).state(({ alarms }) =>
            alarms.some((it) => it.kind === 'seals' && it.conversation === conversation && it.person === author && it.by === by),
          )
      }
      await world.settle()
      const { rows } = await world.owner.query<{ actor: string }>(
        "select f.actor from log_entry e join fact f on f.org = e.org and f.id = e.fact where f.kind = 'team.epoch.disputed' and f.key = $1",
        [`conversation|${conversation}`],
      )
      expect(rows.map((it) => it.actor).toSorted()).toEqual(honest.toSorted())
      // What the honest ones reckoned lies beside the author's seal, and opens.
      const { epochs } = await exported(conversation)
      const statement = parseEpoch(fromBase64url(epochs[0]!.statement))
      const sets = epochs[0]!.candidates.map((it) => decodeRecipientSeals(fromBase64url(it))[0]!)
      expect(sets).toHaveLength(3)
      for (const it of sets.slice(1)) expect(openSeal(real, statement, it)).not.toBeNull()
    },
    60_000,
  )

  test('is the only one who is named: nobody is in the conversations of honest authors', async () => {
    for (const conversation of [approved, elsewhere])
      expect((await seat('Kim Tran').engine.conversations()).find((it) => it.conversation === conversation)).toMatchObject({ disputes: [] })
  })
})

interface Ended {
  readonly code: number
  readonly said: string
  /** What was written, by file name. */
  readonly files: ReadonlyMap<string, string>
  readonly out: string
}

let runs = 0
/** `wardline archive open`, as custodians and officer run it at a machine without network. */
async function archiveOpen(file: string, papers: readonly string[], more: readonly string[] = []): Promise<Ended> {
  const out = path.join(folder, `out ${(runs += 1)}`)
  const bin = path.join(import.meta.dirname, '../apps/cli/bin.mjs')
  const args = [bin, 'archive', 'open', file, ...papers.flatMap((it) => ['--share', it]), ...more, '--out', out]
  const { code, said } = await new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, args, { encoding: 'utf8' }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    )
  })
  const names = await readdir(out).catch(() => [])
  return {
    code,
    said,
    out,
    files: new Map(await Promise.all(names.map(async (it) => [it, await readFile(path.join(out, it), 'utf8')] as const))),
  }
}

describe('the exported archive, with no server anywhere', () => {
  let file: string
  let both: Export
  let recoveryKey: string
  /** What a quorum and the officer got. */
  let opened: Ended
  const whole = (it: Ended) => [it.said, ...it.files.values()].join('\n')

  beforeAll(async () => {
    both = await exported(approved)
    const other = await exported(elsewhere)
    file = path.join(folder, 'export.wardline')
    await writeFile(file, JSON.stringify(both))
    // A server that lies puts more into the file than was approved.
    const stuffed = {
      ...both,
      epochs: [...both.epochs, ...other.epochs],
      messages: [...both.messages, ...other.messages],
      people: [...both.people, ...other.people.filter((it) => !both.people.some((one) => one.person === it.person))],
      conversations: [...both.conversations, ...other.conversations],
    }
    await writeFile(path.join(folder, 'stuffed.wardline'), JSON.stringify(stuffed))
    recoveryKey = path.join(folder, 'recovery-key.txt')
    await writeFile(recoveryKey, `${seat('Paul Stein').recoveryKey}\n`)
    await closeWorld()
  }, 120_000)

  test('opens with any three of five shares and the officer’s own key, and shows the messages as they were written', async () => {
    const quorums = [
      [0, 2, 4],
      [3, 1, 2],
    ].map((chosen) => chosen.map((i) => shares[i]!))
    for (const ended of await Promise.all(quorums.map((papers) => archiveOpen(file, papers, ['--recovery-key', recoveryKey])))) {
      opened = ended
      expect(ended.said).toMatch(/2 messages/)
      expect(ended.code).toBe(0)
      const { messages } = JSON.parse(ended.files.get('messages.json')!) as { messages: { name: string; text: string; faults: string[] }[] }
      expect(messages.map(({ name, text, faults }) => ({ name, text, faults }))).toEqual([
        { name: 'Kim Tran', text: asked.text, faults: [] },
        { name: 'Ada Okafor', text: answered.text, faults: [] },
      ])
      expect(ended.files.get('messages.txt')).toContain(`Ada Okafor: ${answered.text}`)
      expect(whole(ended)).not.toContain(private_.text)
    }
  }, 60_000)

  test('gives out neither the archive’s key nor the key of any epoch', async () => {
    const seed = seedOf(await Promise.all(shares.slice(1, 4).map(shareIn)))
    const privateBytes = privateBytesOf(seed)
    const roots = both.epochs.map(({ statement, candidates }) => {
      const [seal] = decodeRecipientSeals(fromBase64url(candidates[0]!))
      return openSeal(privateBytes, parseEpoch(fromBase64url(statement)), seal!)!
    })
    expect(roots.every((it) => it.length === 32)).toBe(true)
    const secrets = [seed, privateBytes, ...roots].map((it) => ({ text: '', forms: formsOf(it), drawn: 0 }))
    await writeFile(path.join(opened.out, 'said'), opened.said)
    const { found, read } = await searchFolder(opened.out, secrets)
    expect(found).toEqual([])
    expect(read.toSorted()).toEqual(['checkpoint.note', 'messages.json', 'messages.txt', 'opening.sealed', 'said'])
    // The search would see them: they are found where somebody puts them.
    const control = path.join(folder, 'control')
    await mkdir(control)
    await writeFile(path.join(control, 'leaked.json'), JSON.stringify({ key: roots[0]!.toString('base64url'), seed: seed.toString('hex') }))
    expect((await searchFolder(control, secrets)).found).toHaveLength(2)
  }, 60_000)

  test('stays shut with fewer shares, however often one of them is given, and arithmetic does not help', async () => {
    const tries = [shares.slice(0, 2), [shares[0]!, shares[1]!, shares[0]!]]
    for (const ended of await Promise.all(tries.map((papers) => archiveOpen(file, papers, ['--recovery-key', recoveryKey])))) {
      expect(ended.code).not.toBe(0)
      expect(ended.said).toContain('[too-few-shares]')
      expect([...ended.files.keys()]).toEqual([])
    }
    // Two points lie on many parabolas: the line through them gives another key, and that opens no seal.
    const two = privateBytesOf(seedOf(await Promise.all(shares.slice(0, 2).map(shareIn))))
    for (const { statement, candidates } of both.epochs)
      for (const seal of candidates.flatMap((it) => decodeRecipientSeals(fromBase64url(it))))
        expect(openSeal(two, parseEpoch(fromBase64url(statement)), seal)).toBeNull()
  }, 60_000)

  test('stays shut with shares of another organisation, alone or among ours', async () => {
    const bare = path.join(folder, 'bare-share.txt')
    await writeFile(bare, await shareIn(foreign[0]!))
    const tries = [
      [foreign, 'other-root'],
      [[...shares.slice(0, 2), foreign[0]!], 'wrong-flags'],
      // The share alone, so that no other root is printed beside it.
      [[...shares.slice(0, 2), bare], 'foreign-share'],
    ] as const
    const ended = await Promise.all(tries.map(([papers]) => archiveOpen(file, papers, ['--recovery-key', recoveryKey])))
    for (const [i, [, code]] of tries.entries()) {
      expect(ended[i]!.code).not.toBe(0)
      expect(ended[i]!.said).toContain(`[${code}]`)
      expect([...ended[i]!.files.keys()]).toEqual([])
    }
  }, 60_000)

  test('gives no word of a conversation that was not approved, though the server put it into the file', async () => {
    const ended = await archiveOpen(path.join(folder, 'stuffed.wardline'), shares.slice(2), ['--recovery-key', recoveryKey])
    expect(ended.code).toBe(1)
    expect(ended.said).toContain('Not opened: 1 message (out-of-scope)')
    const { messages } = JSON.parse(ended.files.get('messages.json')!) as {
      messages: { conversation: string; is: string; text: string | null; code: string | null }[]
    }
    expect(messages.filter((it) => it.conversation === elsewhere).map(({ is, text, code }) => ({ is, text, code }))).toEqual([
      { is: 'refused', text: null, code: 'out-of-scope' },
    ])
    expect(messages.filter((it) => it.conversation === approved).map((it) => it.text)).toEqual([asked.text, answered.text])
    expect(whole(ended)).not.toContain(private_.text)
  }, 60_000)

  test('shows the custodians nothing: without the officer’s own key there are sealed keys only, and another person’s key opens none', async () => {
    const ended = await archiveOpen(file, shares.slice(0, 3))
    expect(ended.code).toBe(0)
    expect([...ended.files.keys()].toSorted()).toEqual(['checkpoint.note', 'opening.sealed'])
    expect(whole(ended)).not.toContain(asked.text)
    const hers = path.join(folder, 'her-key.txt')
    await writeFile(hers, seat('Hana Sato').recoveryKey)
    const root = /Root fingerprint:\s*(.+)$/m.exec(await readFile(shares[0]!, 'utf8'))![1]!
    const readWith = (key: string) =>
      archiveOpen(file, [], ['--opened', path.join(ended.out, 'opening.sealed'), '--root', root, '--recovery-key', key])
    const [hana, paul] = await Promise.all([readWith(hers), readWith(recoveryKey)])
    expect(hana.said).toContain('[wrong-recovery-key]')
    expect(whole(hana)).not.toContain(asked.text)
    expect(paul.code).toBe(0)
    expect(paul.files.get('messages.txt')).toContain(asked.text)
  }, 60_000)
})
