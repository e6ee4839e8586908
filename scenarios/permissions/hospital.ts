/** A hospital with two locations and patients in every relation to its staff, next to another organisation. */
import { begin, must, seal } from '@wardline/dev/staff'
import { bySystem, newId } from '@wardline/platform/server'
import { joinCareTeam, openRecord } from '@wardline/product/access/care/server'
import { openLocation } from '@wardline/product/access/locations/server'
import { addVisit } from '@wardline/product/patients/appointments/contract'
import { recordConsent } from '@wardline/product/patients/consent/contract'
import { addNumber, createPatient } from '@wardline/product/patients/roster/contract'
import { listThreads } from '@wardline/product/patients/texting/contract'
import { sendMessage } from '@wardline/product/team/messages/contract'
import { everyRole, openNeighbours } from '../neighbours.ts'
import type { Neighbours } from '../neighbours.ts'

/** How a patient stands to the staff of the main location. */
export const relations = ['related', 'unrelated', 'restricted', 'elsewhere', 'opened', 'tenant'] as const
export type Relation = (typeof relations)[number]

export interface Hospital {
  readonly street: Neighbours
  /** What a request names, by relation of its patient. */
  readonly about: Readonly<Record<Relation, Readonly<Record<string, string>>>>
  /** The conversation of which everybody with a right to any is a member, one of two clinicians, and one next door. */
  readonly conversations: Readonly<Record<'member' | 'stranger' | 'tenant', string>>
  /** Puts back what a request may have changed about patients. */
  reset(): Promise<void>
}

/** Opens it. */
export async function openHospital(): Promise<Hospital> {
  const street = await openNeighbours()
  const { world, ours, theirs } = street
  const { org } = ours
  const desk = ours.staff['front-desk']
  const phones = {
    related: '+13125550181',
    unrelated: '+13125550182',
    restricted: '+13125550183',
    elsewhere: '+13125550184',
    opened: '+13125550185',
  }
  const about = { tenant: theirs.ids } as Record<Relation, Record<string, string>>
  for (const [relation, phone] of Object.entries(phones) as [keyof typeof phones, string][]) {
    street.twilio.control.addPhone({ number: phone, reach: 'on' })
    const [patient, consent, visit] = [newId(), newId(), newId()]
    must(await desk.call(createPatient, { body: { patient, given: 'Ana', family: 'Rivera', birthDate: '1981-07-14', language: 'en' } }))
    const { number } = must(await desk.call(addNumber, { params: { patient }, body: { number: phone } }))
    const agreed = {
      number,
      scopes: ['care-logistics' as const],
      channels: ['sms' as const],
      basis: 'spoken' as const,
      warning: 'sms-1-en' as const,
    }
    must(await desk.call(recordConsent, { params: { patient }, body: { receipt: consent, ...agreed } }))
    must(
      await desk.call(addVisit, {
        body: { visit, patient, startsAt: world.server.clock.ms() + 26 * 3_600_000, reason: `reason of ${relation}` },
      }),
    )
    for (const text of ['Yes', 'Can I come a little later?'])
      await street.webhook(ours, 'inbound', { ...street.inbound(ours, text), From: phone })
    await street.settle()
    const { threads } = must(await desk.call(listThreads, {}))
    const thread = threads.find((it) => it.patient?.patient === patient)!.thread
    about[relation] = { ...ours.ids, patient, number, consent, visit, thread }
  }
  const staff = everyRole.map((role) => ours.staff[role])
  const member = await begin(ours.staff.clinician, [
    ...['privacy-officer', 'security-officer', 'nurse', 'front-desk', 'operator'].map((role) => ours.staff[role as 'nurse']),
  ])
  const { text } = await seal(member, 'for all of you')
  must(await ours.staff.clinician.call(sendMessage, { params: { conversation: member.conversation }, body: { envelope: text } }))
  // A hospital from here on: who works somewhere does not care for all patients there any more.
  await world.owner.query("update org set preset = 'hospital' where org = $1", [org])
  const north = newId()
  await world.server.db.write(org, bySystem, async (tx) => {
    await openLocation(tx, { location: north, name: 'North', zone: 'America/Chicago', senderName: null })
    for (const { person } of staff)
      await openRecord(tx, { opening: newId(), person, patient: about.opened['patient']!, kind: 'emergency', minutes: 600 })
  })
  const set = (relation: Relation, column: string, value: string) =>
    world.owner.query(`update patient set ${column} = $1 where org = $2 and patient = $3 and ${column} is distinct from $1`, [
      value,
      org,
      about[relation]['patient'],
    ])
  const ties = ['clinician', 'nurse'] as const
  const reset = async () => {
    for (const relation of ['elsewhere', 'opened'] as const) await set(relation, 'location', north)
    await world.owner.query(
      "update patient set restricted = case when patient = $2 then 'well-known' end where org = $1 and (restricted is null) = (patient = $2)",
      [org, about.restricted['patient']],
    )
    await world.owner.query("update visit set state = 'booked' where org = $1 and state <> 'booked'", [org])
    // Who was put on a care team by a request is taken off it; the colleague whom requests name is on each.
    await world.owner.query('delete from care_member where org = $1 and not (patient = $2 and person = any($3::uuid[])) and person <> $4', [
      org,
      about.related['patient'],
      ties.map((role) => ours.staff[role].person),
      ours.second.person,
    ])
    await world.owner.query("delete from care_opening where org = $1 and kind = 'cover'", [org])
    await world.owner.query(
      `insert into care_member (org, patient, person, why) select $1, patient, $2, 'assigned' from unnest($3::uuid[]) as t(patient) on conflict do nothing`,
      [org, ours.second.person, Object.keys(phones).map((it) => about[it as Relation]['patient'])],
    )
  }
  await world.server.db.write(org, bySystem, async (tx) => {
    for (const role of ties)
      await joinCareTeam(tx, { patient: about.related['patient']!, person: ours.staff[role].person, why: 'assigned' })
  })
  await reset()
  const conversations = { member: member.conversation, stranger: ours.thread.conversation, tenant: theirs.thread.conversation }
  return { street, about, conversations, reset }
}
