/** People of one organisation who want more than is theirs: others' conversations, devices, sessions and rights. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begin, connect, must, seal } from '@wardline/dev/staff'
import type { Colleague } from '@wardline/dev/staff'
import { NIL_UUID, signSession, toBase64url } from '@wardline/crypto'
import type { Endpoint } from '@wardline/platform/contract'
import { addPerson, setRoles } from '@wardline/product/access/provisioning/contract'
import { auditEntries } from '@wardline/product/compliance/audit/contract'
import { myConversations } from '@wardline/product/team/conversations/contract'
import { signInDevice } from '@wardline/product/team/devices/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'
import { changed, knock, openNeighbours } from './neighbours.ts'
import type { Answer, Neighbours } from './neighbours.ts'
import { bodyOf, isQuery, nobodys, pathTo } from './requests.ts'

let street: Neighbours
beforeAll(async () => {
  street = await openNeighbours()
}, 120_000)
afterAll(async () => {
  expect(street.world.logged.filter((line) => /"http\.failed"|"level":50/.test(line))).toEqual([])
  await street.close()
})

async function ask(endpoint: Endpoint, ids: Readonly<Record<string, string>>, who: Colleague): Promise<Answer> {
  const body = bodyOf(endpoint, { ids, now: street.world.server.clock.ms() })
  const url = pathTo(endpoint, ids, isQuery(endpoint) ? body : undefined)
  return knock(street.world.url, endpoint.method, url, { cookie: who.cookie, body: isQuery(endpoint) ? undefined : JSON.stringify(body) })
}
const told = (answer: Answer) => [answer.status, answer.body.replace(/"request":"[^"]+"/, '')]

describe('a conversation of others', () => {
  test.each(['administrator', 'privacy-officer', 'front-desk', 'auditor'] as const)(
    'is nowhere for the %s: every route that names it answers as for one that there is not',
    async (role) => {
      const me = street.ours.staff[role]
      const before = await street.rows(street.ours.org)
      const routes = street.routes.filter(({ endpoint }) => endpoint.path.includes(':conversation'))
      expect(routes.length).toBeGreaterThan(6)
      for (const { endpoint } of routes) {
        const real = await ask(endpoint, street.ours.ids, me)
        const none = await ask(endpoint, nobodys(street.ours), me)
        expect({ name: endpoint.name, answer: told(real) }).toEqual({ name: endpoint.name, answer: told(none) })
        expect(real.status).toBeGreaterThanOrEqual(400)
      }
      // Sealed with the conversation's own key, which somebody may have given away: the device is no member's.
      const { text: envelope } = await seal({ ...street.ours.thread, me }, 'from outside')
      const sent = await me.call(sendMessage, { params: { conversation: street.ours.thread.conversation }, body: { envelope } })
      expect(sent).toMatchObject({ ok: false, code: 'not-found' })
      expect(changed(before, await street.rows(street.ours.org)).filter((it) => it !== 'session')).toEqual([])
    },
  )

  test('is not heard by a window of somebody who is no member, whatever it asks for', async () => {
    const wire = await connect(street.world, street.ours.staff['privacy-officer'])
    const { conversation } = street.ours.thread
    expect(await wire.ask({ id: 'a', t: 'sync', have: [{ conversation, sequence: 0 }] })).toMatchObject({ t: 'synced', conversations: [] })
    wire.send({ t: 'receipt', conversation, delivered: 1, shown: 1 })
    const { text } = await seal(street.ours.thread, 'for members only')
    must(await street.ours.staff.clinician.call(sendMessage, { params: { conversation }, body: { envelope: text } }))
    await street.settle()
    await wire.ask({ id: 'b', t: 'sync', have: [] })
    expect(JSON.stringify(wire.frames)).not.toContain(conversation)
    expect((await street.world.owner.query('select 1 from receipt where conversation = $1', [conversation])).rowCount).toBe(0)
    wire.close()
  })

  test('cannot be one that means all: the nil id is refused', async () => {
    const { clinician } = street.ours.staff
    await expect(begin(clinician, [street.ours.staff['front-desk']], { conversation: NIL_UUID })).rejects.toThrow()
    expect(must(await clinician.call(myConversations, {})).conversations.map((it) => it.conversation)).not.toContain(NIL_UUID)
  })
})

describe('another’s device and session', () => {
  test('cannot be taken: a device is proven by its own key for this very session', async () => {
    const me = street.ours.staff['front-desk']
    const { clinician } = street.ours.staff
    const theirs = clinician.device.device
    const session = { organisation: me.org, person: me.person, device: theirs, session: me.session }
    for (const signature of [
      await signSession(session, me.device.signing),
      await signSession(session, clinician.device.signing),
      await signSession({ ...session, person: clinician.person }, clinician.device.signing),
      await signSession({ ...session, device: me.device.device, session: clinician.session }, me.device.signing),
    ])
      for (const device of [theirs, me.device.device])
        expect(await me.call(signInDevice, { params: { device }, body: { signature: toBase64url(signature) } })).toMatchObject({
          code: 'not-proven',
        })
  })

  test('cannot be ended, revoked or looked into by whoever is no administrator', async () => {
    const me = street.ours.staff['front-desk']
    for (const [method, path] of [
      ['DELETE', `/api/v1/sessions/${street.ours.second.session}`],
      ['GET', `/api/v1/devices/${street.ours.second.device.device}/heads`],
    ] as const)
      expect((await knock(street.world.url, method, path, { cookie: me.cookie })).status).toBe(404)
    const administrator = street.ours.staff.administrator
    expect(
      (await knock(street.world.url, 'DELETE', `/api/v1/sessions/${street.ours.second.session}`, { cookie: administrator.cookie })).status,
    ).toBe(404)
  })
})

describe('rights', () => {
  test('to the records’ guardians are not given to oneself, nor two that exclude each other to anybody', async () => {
    const { administrator, second } = { ...street.ours.staff, second: street.ours.second }
    const set = (person: string, roles: string[], exception?: string) =>
      administrator.call(setRoles, {
        params: { person },
        body: { roles: roles as never, ...(exception === undefined ? {} : { exception }) },
      })
    expect(await set(administrator.person, ['administrator', 'privacy-officer'], 'because I say so here')).toMatchObject({
      code: 'role-to-self',
    })
    expect(await set(administrator.person, ['administrator', 'auditor'])).toMatchObject({ code: 'roles-exclude' })
    expect(await set(administrator.person, [])).toMatchObject({ code: 'last-administrator' })
    expect(await set(second.person, ['administrator', 'auditor'], 'because I say so here')).toMatchObject({ code: 'roles-exclude' })
    expect(await set(second.person, ['owner'])).toMatchObject({ code: 'bad-request' })
    expect(await set(street.theirs.second.person, ['administrator'])).toMatchObject({ code: 'not-found' })
  })

  test('that an administrator gives themselves or a newcomer stand in the log, where others read it', async () => {
    const { administrator, auditor } = street.ours.staff
    must(await administrator.call(setRoles, { params: { person: administrator.person }, body: { roles: ['administrator', 'front-desk'] } }))
    const body = { signInName: `puppet.${street.ours.org.slice(0, 8)}`, name: 'A puppet', title: '', roles: ['auditor' as const] }
    const puppet = must(await administrator.call(addPerson, { body }))
    await street.settle()
    const { entries } = must(await auditor.call(auditEntries, { body: { limit: '50' } }))
    const kinds = entries.filter((it) => it.actor === administrator.person).map((it) => `${it.kind} ${it.subjects.join()}`)
    expect(kinds).toContain(`access.role.granted ${administrator.person}`)
    expect(kinds).toContain(`access.role.granted ${puppet.person}`)
    expect(kinds).toContain(`access.enrolment.issued ${puppet.person}`)
    must(await administrator.call(setRoles, { params: { person: administrator.person }, body: { roles: ['administrator'] } }))
  })
})

test('no address that somebody sends is ever called by the server', async () => {
  let calls = 0
  const trap = createServer((_request, answer) => {
    calls += 1
    answer.end()
  })
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`
    const params = { ...street.inbound(street.ours, `look at ${url}`), NumMedia: '1', MediaUrl0: url, MediaContentType0: 'image/png' }
    expect((await street.webhook(street.ours, 'inbound', params)).status).toBe(200)
    const desk = street.ours.staff['front-desk']
    for (const host of [new URL(url).host, 'evil.example'])
      await knock(street.world.url, 'GET', '/api/v1/me', {
        cookie: desk.cookie,
        headers: { 'x-forwarded-host': host, forwarded: `host=${host}`, referer: url, 'x-original-url': url },
      })
    await street.settle()
    expect(calls).toBe(0)
  } finally {
    await new Promise((resolve) => trap.close(resolve))
  }
})
