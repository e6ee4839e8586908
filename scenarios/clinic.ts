/** Maple Street Dental with a pretend Twilio: the real server, the real adapter and real HTTP between them. */
import { createHmac } from 'node:crypto'
import { manualScheduler, startPretendTwilio } from '@wardline/dev/twilio'
import type { OptOutHandling, PretendTwilio, Reach } from '@wardline/dev/twilio'
import { openWorld } from '@wardline/dev/world'
import type { World } from '@wardline/dev/world'
import { client } from '@wardline/platform/contract'
import type { Endpoint, Fetch, GivesOf, ParamsOf, TakesOf } from '@wardline/platform/contract'
import { bySystem, newId } from '@wardline/platform/server'
import { care } from '@wardline/product/access/care/server'
import { locations } from '@wardline/product/access/locations/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { endAgreement, policies, recordAgreement } from '@wardline/product/access/policies/server'
import { createOrganisation, createPerson, provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { beginSession, sessions } from '@wardline/product/access/sessions/server'
import { emptyTwiml, twilioCarrier } from '@wardline/product/integrations/sms/server'
import { appointments } from '@wardline/product/patients/appointments/server'
import { recordConsent } from '@wardline/product/patients/consent/contract'
import type { Basis, Scope } from '@wardline/product/patients/consent/contract'
import { consent } from '@wardline/product/patients/consent/server'
import { addNumber, confirmVerification, createPatient, startVerification } from '@wardline/product/patients/roster/contract'
import { roster } from '@wardline/product/patients/roster/server'
import { connectNumber, texting } from '@wardline/product/patients/texting/server'

/** The practice's number. */
export const own = '+13125550100'

/** A signed-in person: calls endpoints and expects an answer, or a refusal. */
export interface Hand {
  readonly person: string
  /** The cookie's value of the present session. */
  token(): string
  /** The answer; a refusal fails the test. */
  ask<E extends Endpoint>(to: E, args?: Args<E>): Promise<GivesOf<E>>
  /** The refusal's code; an answer fails the test. */
  refused<E extends Endpoint>(to: E, args?: Args<E>): Promise<string>
}
type Args<E extends Endpoint> = { params?: ParamsOf<E>; body?: TakesOf<E> }

/** A patient with one number. */
export interface Patient {
  readonly patient: string
  readonly number: string
  readonly e164: string
}

export interface Clinic {
  readonly world: World
  readonly twilio: PretendTwilio
  readonly org: string
  readonly channel: string
  readonly desk: Hand
  readonly officer: Hand
  readonly admin: Hand
  /** Due work, webhooks and their consequences until nothing is left to happen. */
  settle(): Promise<void>
  /** Time passes, and what became due happens. */
  advance(ms: number): Promise<void>
  patient(it: { given: string; family?: string; e164: string; language?: 'en' | 'es'; test?: boolean; reach?: Reach }): Promise<Patient>
  consented(to: Patient, it?: { scopes?: Scope[]; basis?: Basis; expiresOn?: string }): Promise<string>
  /** Verifies a number with the code that the phone shows. */
  verified(to: Patient): Promise<void>
  /** What a phone has on its screen from us, oldest first. */
  shows(e164: string): string[]
  /** A phone answers; settled afterwards unless told otherwise. */
  says(e164: string, body: string): Promise<void>
  /** Calls one of our webhooks as the carrier would, or as somebody else would. */
  calls(which: 'inbound' | 'status', params: Readonly<Record<string, string>>, how?: Call): Promise<{ status: number; body: string }>
  /** The form of an inbound text. */
  inbound(from: string, body: string, sid?: string): Record<string, string>
  /** The rows of every table of patients, to see that nothing changed. */
  rows(): Promise<string>
  signIn(held: readonly Role[]): Promise<Hand>
  endAgreement(): Promise<void>
  count(sql: string, values?: unknown[]): Promise<number>
  close(): Promise<void>
}

/** How a webhook is called: signed with another token, for another address, with another body, or not at all. */
export interface Call {
  readonly token?: string
  readonly signedUrl?: string
  readonly body?: string
  readonly signature?: string | null
  readonly channel?: string
}

/** A message id as Twilio makes them. */
export const newSid = () => `SM${newId().replaceAll('-', '')}`

let people = 0

/** Opens the clinic on Tuesday 10 March 2026 at 09:40 in Chicago. */
export async function openClinic(
  options: { optOut?: OptOutHandling; agreement?: boolean; preset?: 'practice' | 'hospital' } = {},
): Promise<Clinic> {
  const later: { world?: World } = {}
  const twilio = await startPretendTwilio({ port: 0, clock: () => later.world!.server.clock.now(), scheduler: manualScheduler() })
  const account = twilio.control.addAccount({ optOut: options.optOut ?? 'standard' })
  const carrier = twilioCarrier(
    {
      accountSid: account.sid,
      authToken: account.authToken,
      baseUrl: twilio.url,
      timeoutMs: 500,
      answersStop: options.optOut !== 'none',
    },
    { fetch },
  )
  const texts = texting({ carrier, publicOrigin: () => later.world!.url, received: emptyTwiml })
  const world = await openWorld({
    features: [
      provisioning,
      roles,
      mfa,
      sessions,
      policies,
      locations({ placesOfRule: async () => [] }),
      care,
      roster(texts.ports),
      consent,
      texts.feature,
      appointments(texts.options),
    ],
  })
  later.world = world
  const org = newId()
  const tokens = new Map<string, string>()
  /** Sessions end by themselves; a person who is needed signs in again. */
  const begin = (person: string) =>
    world.server.db.write(
      org,
      bySystem,
      async (tx) => void tokens.set(person, (await beginSession(tx, { person, place: 'private' })).token),
    )
  const hand = (person: string): Hand => {
    const call = client(fetch as Fetch, world.url, () => ({ cookie: `wl=${tokens.get(person)}` }))
    const named = (to: Endpoint) => `${to.method} ${to.path}`
    return {
      person,
      token: () => tokens.get(person)!,
      ask: async (to, args = {}) => {
        const answer = await call(to, args as never)
        if (!answer.ok)
          throw new Error(`${named(to)} was refused: ${answer.code} ${answer.field ?? ''}\n${world.logged.slice(-3).join('\n')}`)
        return answer.value
      },
      refused: async (to, args = {}) => {
        const answer = await call(to, args as never)
        if (answer.ok) throw new Error(`${named(to)} was not refused`)
        return answer.code
      },
    }
  }
  const signIn = async (held: readonly Role[]) => {
    const person = await world.server.db.write(org, bySystem, (tx) =>
      createPerson(tx, { signInName: `p${(people += 1)}.${org.slice(0, 8)}`, name: 'P', title: '', roles: held }),
    )
    await begin(person)
    return hand(person)
  }
  await world.server.db.write(org, bySystem, (tx) =>
    createOrganisation(tx, { name: 'Maple Street Dental', zone: 'America/Chicago', preset: options.preset ?? 'practice' }),
  )
  const agreement =
    options.agreement === false
      ? undefined
      : (
          await world.server.db.write(org, bySystem, (tx) =>
            recordAgreement(tx, { counterparty: 'twilio', kind: 'baa', startsOn: '2026-01-01' }),
          )
        ).id
  const channel = (await world.server.db.write(org, bySystem, (tx) =>
    connectNumber(tx, texts.options, { number: own, practiceName: 'Maple Street Dental', phone: '(312) 555-0100' }),
  ))!
  twilio.control.addNumber({ number: own, accountSid: account.sid, smsUrl: channel.inboundUrl })
  const settle = async () => {
    // Webhooks make due work and due work makes webhooks.
    for (let i = 0; i < 3; i += 1) {
      await world.settle()
      await twilio.settled()
    }
    await world.settle()
  }
  const [desk, officer, admin] = [await signIn(['front-desk']), await signIn(['privacy-officer']), await signIn(['administrator'])]
  const shows = (e164: string) =>
    (twilio.control.phones.get(e164)?.bubbles ?? []).filter((it) => it.direction === 'received').map((it) => it.body)
  return {
    world,
    twilio,
    org,
    channel: channel.channel,
    desk,
    officer,
    admin,
    settle,
    advance: async (ms) => {
      await world.advance(ms)
      await settle()
      for (const person of tokens.keys()) await begin(person)
    },
    patient: async (it) => {
      twilio.control.addPhone({ number: it.e164, reach: it.reach ?? 'on' })
      const patient = newId()
      await desk.ask(createPatient, {
        body: {
          patient,
          given: it.given,
          family: it.family ?? 'Rivera',
          language: it.language ?? 'en',
          ...(it.test ? { test: true } : {}),
        },
      })
      const added = await desk.ask(addNumber, { params: { patient }, body: { number: it.e164 } })
      return { patient, number: added.number, e164: it.e164 }
    },
    consented: async ({ patient, number }, it = {}) => {
      const receipt = newId()
      const basis = it.basis ?? 'spoken'
      await desk.ask(recordConsent, {
        params: { patient },
        body: {
          receipt,
          number,
          scopes: it.scopes ?? ['care-logistics'],
          channels: ['sms'],
          basis,
          ...(basis === 'spoken' || basis === 'written'
            ? { warning: 'sms-1-en' as const }
            : { attestation: 'intake form of 3 March 2026' }),
          ...(it.expiresOn === undefined ? {} : { expiresOn: it.expiresOn }),
        },
      })
      return receipt
    },
    verified: async ({ patient, number, e164 }) => {
      const started = await desk.ask(startVerification, { params: { patient, number }, body: { verification: newId() } })
      if (!started.sent) throw new Error(`no code: ${started.refused.join()}`)
      await settle()
      const code = /\b\d{6}\b/.exec(shows(e164).at(-1) ?? '')![0]
      await desk.ask(confirmVerification, { params: { patient, number }, body: { code: `${code.slice(0, 3)} ${code.slice(3)}` } })
    },
    shows,
    says: async (e164, body) => {
      const sent = twilio.control.reply(e164, body, own)
      if (typeof sent === 'string') throw new Error(`the phone could not answer: ${sent}`)
      await settle()
    },
    calls: async (which, params, how = {}) => {
      const url = `${world.url}/api/v1/webhooks/sms/${how.channel ?? channel.channel}/${which}${params['hint'] === undefined ? '' : `?hint=${params['hint']}`}`
      const form = Object.entries(params).filter(([name]) => name !== 'hint')
      const base =
        (how.signedUrl ?? url) +
        form
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => name + value)
          .join('')
      const signature =
        how.signature === undefined
          ? createHmac('sha1', how.token ?? account.authToken)
              .update(base)
              .digest('base64')
          : how.signature
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(signature === null ? {} : { 'x-twilio-signature': signature }),
        },
        body: how.body ?? new URLSearchParams(form).toString(),
      })
      return { status: answer.status, body: await answer.text() }
    },
    inbound: (from, body, sid = newSid()) => ({
      AccountSid: account.sid,
      MessageSid: sid,
      SmsSid: sid,
      From: from,
      To: own,
      Body: body,
      NumMedia: '0',
    }),
    rows: async () => {
      const tables = [
        'patient',
        'phone_number',
        'contact_point',
        'consent_receipt',
        'patient_thread',
        'number_pause',
        'inbound_text',
        'outbound_text',
        'fact',
      ]
      const parts: string[] = []
      for (const it of tables)
        parts.push(
          (await world.owner.query<{ all: string }>(`select coalesce(string_agg(t::text, E'\n' order by t::text), '') as all from ${it} t`))
            .rows[0]!.all,
        )
      return parts.join('\n--\n')
    },
    signIn,
    endAgreement: async () => void (await world.server.db.write(org, bySystem, (tx) => endAgreement(tx, agreement!))),
    count: async (sql, values = []) => Number((await world.owner.query(sql, values)).rows[0]!['count']),
    close: async () => {
      await twilio.stop()
      await world.close()
    },
  }
}
