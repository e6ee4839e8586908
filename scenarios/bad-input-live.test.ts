/** Every command of the live connection, wrong in every way; and real sealed bytes with a bit turned. The connection answers, the server stays well. */
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { begin, connect, must, nextEpoch, seal, signInAgain, upload } from '@wardline/dev/staff'
import { wardlineFeatures } from '@wardline/app-server'
import { newId } from '@wardline/platform/server'
import { addEpoch, createConversation } from '@wardline/product/team/conversations/contract'
import { myVault, putVault } from '@wardline/product/team/devices/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'
import { knock, openNeighbours, refusalOf, faults } from './neighbours.ts'
import type { Neighbours } from './neighbours.ts'
import { sample, wrongRequests } from './requests.ts'
import type { JsonObject, Schema } from './requests.ts'

const canary = 'canary51d0be'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(() => street.close())

interface Frame {
  readonly t: string
  readonly id?: string
  readonly code?: string
}

/** A window that can say anything: what came back until the server answered a right question, or how it hung up. */
async function window() {
  const { cookie } = await signInAgain(street.world, street.ours.staff.clinician)
  const socket = new WebSocket(`${street.world.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie } })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const wake = () => waiting.forEach((look) => look())
  let closed: number | null = null
  socket.on('message', (data: Buffer) => (frames.push(JSON.parse(data.toString('utf8')) as Frame), wake()))
  socket.on('close', (code: number) => ((closed = code), wake()))
  socket.on('error', () => undefined)
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!done()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  await until(() => closed !== null || frames.some((it) => it.t === 'open'))
  return {
    open: () => closed === null,
    close: () => socket.terminate(),
    async say(raw: string | Uint8Array, binary = typeof raw !== 'string'): Promise<{ frames: readonly Frame[]; closed: number | null }> {
      const from = frames.length
      const id = newId()
      socket.send(raw, { binary })
      socket.send(JSON.stringify({ t: 'sync', id, have: [] }))
      await until(() => closed !== null || frames.slice(from).some((it) => it.id === id && it.t === 'synced'))
      return { frames: frames.slice(from).filter((it) => it.id !== id), closed }
    },
  }
}

const commands = wardlineFeatures().flatMap((it) => it.live ?? [])
const quiet = (from: number) => street.world.logged.slice(from).filter((line) => line.includes(canary) || /"level":50/.test(line))

test.each(commands.map((it) => [it.t, it] as const))(
  '%s',
  async (_name, { takes }) => {
    const logged = street.world.logged.length
    let tab = await window()
    const bad: unknown[] = []
    for (const all of [false, true]) {
      const good = sample(takes as Schema, '', { ids: street.ours.ids, now: street.world.server.clock.ms() }, all) as JsonObject
      for (const wrong of wrongRequests(takes as Schema, good, canary)) {
        const said = await tab.say(wrong.raw)
        const told = said.frames.filter((it) => it.t === 'refused' && it.code === 'bad-request').length > 0
        // Too large a frame, or text that is not UTF-8, ends the connection (RFC 6455, 7.4.1).
        const hungUp = said.closed === 1009 || said.closed === 1007
        const fault = said.frames.some((it) => it.code !== undefined && faults.has(it.code))
        if (fault || (said.closed !== null && !hungUp) || (wrong.refused && !told && !hungUp)) bad.push({ label: wrong.label, ...said })
        if (!tab.open()) tab = await window()
      }
    }
    tab.close()
    expect(bad).toEqual([])
    await street.settle()
    expect(quiet(logged)).toEqual([])
    expect((await knock(street.world.url, 'GET', '/health/ready')).status).toBe(200)
  },
  120_000,
)

test('frames of no command, and frames that come all at once', async () => {
  const tab = await window()
  for (const raw of ['{}', '{"t":1}', '{"t":"__proto__"}', '{"t":"constructor"}', '{"t":"ack"}', '{"t":""}', `{"t":"${canary}"}`])
    expect((await tab.say(raw)).frames).toMatchObject([{ t: 'refused', code: 'bad-request' }])
  expect((await tab.say(Buffer.from('{"t":"session.active"}'))).frames).toEqual([])
  tab.close()
  const { cookie } = street.ours.second
  const hasty = new WebSocket(`${street.world.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie } })
  const code = await new Promise<number>((resolve) => {
    hasty.on('open', () => {
      for (let i = 0; i < 20_000; i += 1) hasty.send('{"t":"nothing"}')
      hasty.close()
    })
    hasty.on('close', resolve)
    hasty.on('error', () => undefined)
  })
  expect([1000, 1005, 1006, 4400, 4408]).toContain(code)
  expect((await knock(street.world.url, 'GET', '/health/ready')).status).toBe(200)
})

test('one person has room for sixty-four windows; the others do not notice', async () => {
  const { cookie } = await street.ours.employ(['clinician'])
  const sockets = Array.from({ length: 80 }, () => {
    const socket = new WebSocket(`${street.world.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie } })
    const became = new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0))
      socket.on('error', () => undefined)
    })
    return { socket, became }
  })
  const answers = await Promise.all(sockets.map((it) => it.became))
  expect(answers.filter((it) => it === 101)).toHaveLength(64)
  expect(answers.filter((it) => it === 429)).toHaveLength(16)
  const tab = await window()
  expect((await tab.say('{"t":"session.active"}')).frames).toEqual([])
  tab.close()
  for (const { socket } of sockets) socket.terminate()
})

test('what one window asks for does not fill the server: 4 MB an answer, one answer at a time, eight questions waiting', async () => {
  const me = await signInAgain(street.world, street.ours.staff.clinician)
  const thread = await begin(me, [street.ours.staff['front-desk']])
  const { conversation } = thread
  for (let i = 0; i < 90; i += 1) {
    const { text } = await seal(thread, 'x'.repeat(60_000))
    must(await me.call(sendMessage, { params: { conversation }, body: { envelope: text } }))
  }
  const wire = await connect(street.world, me)
  const asked = await wire.ask({ id: 'all', t: 'sync', have: [{ conversation, sequence: 0 }] })
  const came = wire.frames.filter((it) => it.t === 'rest').flatMap((it) => it['messages'] as { conversation: string; sequence: number }[])
  const mine = came.filter((it) => it.conversation === conversation).map((it) => it.sequence)
  expect(asked).toMatchObject({ t: 'synced', more: true })
  expect(mine.length).toBeLessThan(90)
  const next = Math.max(...mine)
  expect(await wire.ask({ id: 'rest', t: 'sync', have: [{ conversation, sequence: next }] })).toMatchObject({ t: 'synced', more: false })
  const all = wire.frames.filter((it) => it.t === 'rest').flatMap((it) => it['messages'] as { conversation: string; sequence: number }[])
  const sequences = all.filter((it) => it.conversation === conversation).map((it) => it.sequence)
  expect(new Set(sequences).size).toBe(90)

  for (let i = 0; i < 40; i += 1) wire.send({ t: 'sync', id: `flood ${i}`, have: [{ conversation, sequence: 90 }] })
  await wire.until((it) => it.id === 'flood 7' && it.t === 'synced')
  const answers = wire.frames.filter((it) => it.id?.startsWith('flood') && it.t !== 'rest')
  expect(answers.filter((it) => it.code === 'too-many').length).toBeGreaterThanOrEqual(20)
  expect(await wire.ask({ id: 'after', t: 'sync', have: [] })).toMatchObject({ t: 'synced' })
  wire.close()
}, 60_000)

/** The same bytes with one bit turned at each of some places, cut at some, and with one byte more. */
function* damaged(text: string, places: number): Generator<string> {
  const bytes = Buffer.from(text, 'base64url')
  for (let i = 0; i < places; i += 1) {
    const at = Math.floor((i * bytes.length) / places)
    const turned = Buffer.from(bytes)
    turned[at]! ^= 1 << (i % 8)
    yield turned.toString('base64url')
    if (i % 7 === 0) yield bytes.subarray(0, at).toString('base64url')
  }
  yield Buffer.concat([bytes, Buffer.from([0])]).toString('base64url')
}

test('sealed and signed bytes with a bit turned are refused with a code, or are nobody’s but the sender’s harm', async () => {
  const logged = street.world.logged.length
  const { clinician } = street.ours.staff
  const me = await signInAgain(street.world, clinician)
  const other = street.ours.staff['privacy-officer']
  const call = async (endpoint: { method: string; path: string; fails: object }, path: string, body: object) => {
    const answer = await knock(street.world.url, endpoint.method, path, { cookie: me.cookie, body: JSON.stringify(body) })
    return answer.status === 200 ? { code: 'taken' } : refusalOf(answer, endpoint as never)
  }
  const bad: unknown[] = []
  const judge = (label: string, found: { code: string } | { wrong: string }, may: readonly string[] = []) => {
    if (!('code' in found) || faults.has(found.code) || (found.code === 'taken' && !may.includes('taken'))) bad.push({ label, found })
  }

  const thread = await begin(me, [other, street.ours.second], { kind: 'group' })
  const step = upload(await nextEpoch(thread))
  for (const member of ['statement', 'members', 'recipients'] as const)
    for (const text of damaged(step[member], 60)) {
      const body = { ...step, [member]: text }
      // What stands in the seals only their receivers can tell: the server keeps them as they came (its own copy is judged by members).
      const may = member === 'statement' ? [] : ['taken']
      const found = await call(addEpoch, `/api/v1/conversations/${thread.conversation}/epochs`, body)
      judge(`epoch ${member}`, found, may)
      if ('code' in found && found.code === 'taken') break
      const first = { conversation: newId(), kind: 'group', epoch: body }
      judge(`first ${member}`, await call(createConversation, '/api/v1/conversations', first))
    }
  const vault = must(await me.call(myVault, {}))
  for (const text of damaged(vault.vault!, 80)) judge('vault', await call(putVault, '/api/v1/devices/vault', { vault: text }))
  for (const held of vault.statements)
    for (const text of damaged(held.statement, 30))
      judge(held.kind, await call(putVault, '/api/v1/devices/vault', { vault: vault.vault, deviceList: text, userKey: text }))
  const { text: envelope } = await seal(street.ours.thread, 'a message that is damaged on its way')
  for (const text of damaged(envelope, 200)) {
    const found = await call(sendMessage, `/api/v1/conversations/${street.ours.thread.conversation}/messages`, { envelope: text })
    judge('envelope', found, ['taken'])
  }
  expect(bad).toEqual([])
  expect(quiet(logged)).toEqual([])
}, 120_000)
