/** Two practices on one whole server, with people of every role, devices, a conversation, patients and a pretend carrier: for those who try the doors. */
import { manualScheduler, sign, startPretendTwilio } from '@wardline/dev/twilio'
import type { PretendTwilio } from '@wardline/dev/twilio'
import { begin, foundOrganisation, hire, must, seal, signIn } from '@wardline/dev/staff'
import type { Colleague, Organisation, Session, Thread } from '@wardline/dev/staff'
import { openWorld } from '@wardline/dev/world'
import type { World, WorldOptions } from '@wardline/dev/world'
import { wardlineFeatures } from '@wardline/app-server'
import { commonFailures } from '@wardline/platform/contract'
import type { Endpoint } from '@wardline/platform/contract'
import { bySystem, newId, openOutgoing } from '@wardline/platform/server'
import type { Feature, Route } from '@wardline/platform/server'
import { recordAgreement } from '@wardline/product/access/policies/server'
import { readLocations, replaceWorkplaces } from '@wardline/product/access/locations/server'
import { createPerson } from '@wardline/product/access/provisioning/server'
import type { Role } from '@wardline/product/access/roles/server'
import { twilioCarrier } from '@wardline/product/integrations/sms/server'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import { recordConsent } from '@wardline/product/patients/consent/contract'
import { addNumber, createPatient } from '@wardline/product/patients/roster/contract'
import { listThreads, setSmsChannel } from '@wardline/product/patients/texting/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'

/** Everybody who may knock. */
export const everyRole = [
  'administrator',
  'privacy-officer',
  'security-officer',
  'clinician',
  'nurse',
  'front-desk',
  'operator',
  'auditor',
] as const

/** One practice with something of everything, and the ids of it by the names that paths and bodies use. */
export interface House {
  readonly organisation: Organisation
  readonly org: string
  readonly staff: Readonly<Record<Role, Colleague>>
  /** Another clinician, in the conversation with the first. */
  readonly second: Colleague
  readonly thread: Thread
  readonly ids: Readonly<Record<string, string>>
  /** The patient's phone, E.164. */
  readonly phone: string
  /** Adds a signed-in person without a device. */
  employ(roles: readonly Role[]): Promise<Session>
}

export interface Neighbours {
  readonly world: World
  readonly features: readonly Feature[]
  readonly routes: readonly Route[]
  readonly twilio: PretendTwilio
  readonly ours: House
  readonly theirs: House
  /** Calls a carrier's webhook, signed as the carrier would unless told otherwise. */
  webhook(house: House, which: 'inbound' | 'status', params: Readonly<Record<string, string>>, how?: Forgery): Promise<Answer>
  /** The form of a text from a phone. */
  inbound(house: House, body: string, sid?: string): Record<string, string>
  settle(): Promise<void>
  /** A digest of the rows of each table, of one organisation or of all: to see what changed. */
  rows(org?: string): Promise<ReadonlyMap<string, string>>
  close(): Promise<void>
}

/** How a webhook is forged. */
export interface Forgery {
  readonly token?: string
  readonly signature?: string | null
  readonly url?: string
  readonly body?: string
}

/** What a server answered. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly json: unknown
  readonly headers: Headers
}

/** A request as somebody makes it by hand. */
export interface Knock {
  readonly cookie?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
}

/** One request, exactly as told: redirects are not followed and nothing is added but the header of our own page. */
export async function knock(url: string, method: string, path: string, it: Knock = {}): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(it.body === undefined ? {} : { 'content-type': 'application/json' }),
      'x-wardline': '1',
      ...(it.cookie === undefined ? {} : { cookie: it.cookie }),
      ...it.headers,
    },
    ...(it.body === undefined ? {} : { body: it.body as BodyInit }),
  })
  const body = await answer.text()
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    json = undefined
  }
  return { status: answer.status, body, json, headers: answer.headers }
}

interface Told {
  readonly error: { readonly code: string; readonly what: string; readonly next: string; readonly request: string; readonly field?: string }
}

/** The code of a refusal, if it is one that this endpoint may give, in the contract's own form; else what is wrong with it. */
export function refusalOf(answer: Answer, endpoint: Pick<Endpoint, 'fails'> | null): { code: string } | { wrong: string } {
  const told = (answer.json as Partial<Told> | undefined)?.error
  if (!told || typeof told.code !== 'string') return { wrong: `no failure body: ${answer.status} ${answer.body.slice(0, 120)}` }
  const listed = { ...commonFailures, ...endpoint?.fails }[told.code]
  if (!listed) return { wrong: `code ${told.code} is not listed` }
  if (listed.status !== answer.status) return { wrong: `${told.code} with status ${answer.status}` }
  if (listed.what !== told.what || listed.next !== told.next) return { wrong: `${told.code} with other words` }
  if (!/^[0-9a-f-]{36}$/.test(told.request)) return { wrong: `${told.code} without a request id` }
  const known = new Set(['code', 'what', 'next', 'request', 'field'])
  const more = Object.keys(told).filter((name) => !known.has(name))
  return more.length > 0 ? { wrong: `${told.code} says more: ${more.join()}` } : { code: told.code }
}

/** Codes that only a mistake of ours, a broken database or a full disk may give. */
export const faults = new Set(['internal', 'unavailable', 'not-recorded', 'disk-full', 'lock-lost'])

/** Opens the two practices on Tuesday 10 March 2026, 09:40 in Chicago. The carrier's adapter waits `timeoutMs` for an answer. */
export async function openNeighbours(server: WorldOptions['server'] = {}, timeoutMs = 1_000): Promise<Neighbours> {
  const later: { world?: World } = {}
  const twilio = await startPretendTwilio({ port: 0, clock: () => later.world!.server.clock.now(), scheduler: manualScheduler() })
  const account = twilio.control.addAccount({ optOut: 'none' })
  const carrier = twilioCarrier(
    { accountSid: account.sid, authToken: account.authToken, baseUrl: twilio.url, timeoutMs, answersStop: false },
    { fetch },
  )
  // No name is known here: what a machine's own name service says, and how long it takes, is nobody's test.
  const outgoing = openOutgoing({ lookup: async () => [] })
  const features = wardlineFeatures({ carrier, publicOrigin: () => later.world!.url, outgoing })
  const world = await openWorld({ features, server })
  later.world = world
  const settle = async () => {
    for (let i = 0; i < 3; i += 1) {
      await world.settle()
      await twilio.settled()
    }
    await world.settle()
  }

  const webhook: Neighbours['webhook'] = async (house, which, params, how = {}) => {
    const path = `/api/v1/webhooks/sms/${house.ids['channel']!}/${which}`
    const body = how.body ?? new URLSearchParams(params).toString()
    const signature =
      how.signature === undefined ? sign(how.token ?? account.authToken, how.url ?? world.url + path, params) : how.signature
    return knock(world.url, 'POST', path, {
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(signature === null ? {} : { 'x-twilio-signature': signature }),
      },
    })
  }
  const numbers = new Map<string, string>()
  const inbound: Neighbours['inbound'] = (house, body, sid = `SM${newId().replaceAll('-', '')}`) => ({
    AccountSid: account.sid,
    MessageSid: sid,
    SmsSid: sid,
    From: house.phone,
    To: numbers.get(house.org)!,
    Body: body,
    NumMedia: '0',
  })

  const furnish = async (name: string, number: string, phone: string): Promise<House> => {
    const organisation = await foundOrganisation(world, { name })
    // New policies make every conversation need a new epoch; that is over before there is one.
    await settle()
    const { org } = organisation
    numbers.set(org, number)
    const staff = {} as Record<Role, Colleague>
    for (const role of everyRole) staff[role] = await hire(world, organisation, { roles: [role], name: `${name} ${role}` })
    const second = await hire(world, organisation, { name: `${name} second` })
    const thread = await begin(staff.clinician, [second])
    const { text } = await seal(thread, `The first message of ${name}`)
    must(await staff.clinician.call(sendMessage, { params: { conversation: thread.conversation }, body: { envelope: text } }))
    const agreement = await world.server.db.write(org, bySystem, (tx) =>
      recordAgreement(tx, { counterparty: 'twilio', kind: 'baa', startsOn: '2026-01-01' }),
    )
    const connected = must(await staff.administrator.call(setSmsChannel, { body: { number, practiceName: name, phone: '(312) 555-0100' } }))
    twilio.control.addNumber({ number, accountSid: account.sid, smsUrl: connected.inboundUrl })
    twilio.control.addPhone({ number: phone, reach: 'on' })
    const desk = staff['front-desk']
    const patient = newId()
    must(await desk.call(createPatient, { body: { patient, given: 'Ana', family: 'Rivera', birthDate: '1981-07-14', language: 'en' } }))
    const added = must(await desk.call(addNumber, { params: { patient }, body: { number: phone } }))
    const consent = newId()
    must(
      await desk.call(recordConsent, {
        params: { patient },
        body: {
          receipt: consent,
          number: added.number,
          scopes: ['care-logistics'],
          channels: ['sms'],
          basis: 'spoken',
          warning: 'sms-1-en',
        },
      }),
    )
    const visit = newId()
    must(
      await desk.call(addVisit, {
        body: { visit, patient, startsAt: world.server.clock.ms() + 26 * 3_600_000, reason: 'crown, upper left' },
      }),
    )
    const ids: Record<string, string> = {
      patient,
      number: added.number,
      consent,
      visit,
      agreement: agreement.id,
      channel: connected.channel,
      conversation: thread.conversation,
      person: second.person,
      device: second.device.device,
      session: second.session,
    }
    const house: House = {
      organisation,
      org,
      staff,
      second,
      thread,
      ids,
      phone,
      employ: async (roles) => {
        const person = await world.server.db.write(org, bySystem, async (tx) => {
          const made = await createPerson(tx, { signInName: `p.${newId().slice(0, 13)}`, name: 'A person', title: '', roles })
          // Where there are several places by now, they work at all of them.
          await replaceWorkplaces(
            tx,
            made,
            (await readLocations(tx)).map((it) => it.location),
          )
          return made
        })
        return signIn(world, org, person)
      },
    }
    // The first verifies the number, the second waits for an answer.
    for (const text of ['Yes', 'Can I come a little later?']) {
      const answered = await webhook(house, 'inbound', inbound(house, text))
      if (answered.status !== 200) throw new Error(`the carrier's first text was answered ${answered.status}`)
    }
    await settle()
    const { threads } = must(await desk.call(listThreads, {}))
    ids['thread'] = threads[0]!.thread
    return house
  }

  const ours = await furnish('Maple Street Dental', '+13125550100', '+13125550171')
  const theirs = await furnish('Elm Street Dental', '+13125550200', '+13125550172')
  return {
    world,
    features,
    routes: features.flatMap((it) => it.routes ?? []),
    twilio,
    ours,
    theirs,
    webhook,
    inbound,
    settle,
    rows: async (org) => {
      const { rows } = await world.owner.query<{ name: string; tenants: boolean }>(`
        select c.relname as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org') as tenants
        from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`)
      const found = new Map<string, string>()
      for (const { name, tenants } of rows) {
        if (org !== undefined && !tenants) continue
        const { rows: digests } = await world.owner.query<{ all: string }>(
          `select count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\n' order by t::text)), '') as all from "${name}" t ${org === undefined ? '' : 'where org = $1'}`,
          org === undefined ? [] : [org],
        )
        found.set(name, digests[0]!.all)
      }
      return found
    },
    close: async () => {
      await twilio.stop()
      await world.close()
    },
  }
}

/** The tables whose rows differ between two looks. */
export const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after].filter(([table, digest]) => before.get(table) !== digest).map(([table]) => table)
