import { isDay } from '@wardline/platform/contract'
import { recordRead, refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { careJoined, careLeft, coverStated, patientPlaced } from '@wardline/product/access/care/contract'
import { careTeamOf, coverFor, joinCareTeam, leaveCareTeam, placeOf, placePatient } from '@wardline/product/access/care/server'
import { countLocations, workplacesOf, worksThere } from '@wardline/product/access/locations/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { lookUp } from './people.ts'
import { findPlace, setLocation, setRestricted } from './queries.ts'
import { mayReach, reachOf } from './reach.ts'

/** The routes about who cares for a patient, where, and who must not look. */
export const careRoutes: readonly Route[] = [
  serve(contract.lookUpPatient, {
    who: can('patient.look-up'),
    audit: recordRead,
    phi: 'reads',
    urgent: 'an emergency opening begins with finding the patient',
    // A search by name and birth date is no way to read the roster.
    limit: { most: 60, seconds: 600 },
    run: async (ctx, body) => {
      if (!isDay(body.birthDate)) throw refuse(contract.lookUpPatient, 'bad-request', { field: 'birthDate' })
      const patients = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.look-up')
        if (!reached) throw refuse(contract.lookUpPatient, 'not-found')
        const found = await lookUp(db, ctx.keys, reached, body)
        return Promise.all(
          found.map(async ({ patient, given, family, birthDate }) => ({
            patient,
            given,
            family,
            birthDate: birthDate!,
            reached: await mayReach(db, ctx.caller, 'patient.roster.read', patient),
            coverable: await mayReach(db, ctx.caller, 'care.cover', patient),
          })),
        )
      })
      ctx.saw(
        patients.map((it) => it.patient),
        'patient look-up',
      )
      return { patients }
    },
  }),
  serve(contract.coverPatient, {
    who: can('care.cover'),
    audit: coverStated,
    phi: 'writes',
    limit: { most: 30, seconds: 3_600 },
    run: async (ctx, { reason }, { patient }) =>
      ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'care.cover', patient))) throw refuse(contract.coverPatient, 'not-found')
        const { until } = await coverFor(tx, { person: ctx.caller.person, patient, reason })
        return { until }
      }),
  }),
  serve(contract.patientCare, {
    who: can('care.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, _query, { patient }) => {
      const found = await ctx.read(async (db) => {
        if (!(await mayReach(db, ctx.caller, 'care.read', patient))) return undefined
        const place = await findPlace(db, patient)
        const unit = await placeOf(db, patient)
        return { team: [...(await careTeamOf(db, patient))], unit: unit ?? null, location: place!.location, restricted: place!.restricted }
      })
      if (!found) throw refuse(contract.patientCare, 'not-found')
      ctx.saw([patient], 'care team')
      return found
    },
  }),
  serve(contract.assignCare, {
    who: can('care.assign'),
    audit: careJoined,
    phi: 'writes',
    run: async (ctx, { until }, { patient, person }) =>
      ctx.write(async (tx) => {
        const row = await lockPerson(tx, person)
        if (!row?.active || !(await mayReach(tx, ctx.caller, 'care.assign', patient))) throw refuse(contract.assignCare, 'not-found')
        await joinCareTeam(tx, { patient, person, why: 'assigned', ...(until === undefined ? {} : { until: new Date(until) }) })
        return {}
      }),
  }),
  serve(contract.endCare, {
    who: can('care.assign'),
    audit: careLeft,
    phi: 'writes',
    run: async (ctx, _body, { patient, person }) =>
      ctx.write(async (tx) => {
        const left = (await mayReach(tx, ctx.caller, 'care.assign', patient)) && (await leaveCareTeam(tx, patient, person))
        if (!left) throw refuse(contract.endCare, 'not-found')
        return {}
      }),
  }),
  serve(contract.setPlace, {
    who: can('care.assign'),
    audit: [patientPlaced, contract.patientMoved],
    phi: 'writes',
    run: async (ctx, { unit, location }, { patient }) =>
      ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'care.assign', patient))) throw refuse(contract.setPlace, 'not-found')
        if (unit !== undefined && !(await placePatient(tx, patient, unit))) throw refuse(contract.setPlace, 'not-found')
        if (location !== undefined) {
          const there = location === null || (await countLocations(tx, [location])) === 1
          if (!there) throw refuse(contract.setPlace, 'not-found')
          if ((await setLocation(tx, patient, location)) > 0)
            tx.announce(contract.patientMoved, { key: `patient|${patient}`, payload: { patient, location } })
        }
        return {}
      }),
  }),
  serve(contract.restrictPatient, {
    who: can('patient.flag'),
    audit: contract.patientRestricted,
    phi: 'writes',
    run: async (ctx, { restricted }, { patient }) =>
      ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.flag', patient))) throw refuse(contract.restrictPatient, 'not-found')
        // In a practice whoever restricts a record would lose it in the same moment: they stay on its care team.
        if (restricted !== null && ctx.caller.roles.includes('clinician'))
          await joinCareTeam(tx, { patient, person: ctx.caller.person, why: 'assigned' })
        await setRestricted(tx, patient, restricted)
        tx.announce(contract.patientRestricted, { key: `patient|${patient}`, payload: { patient, restricted } })
        return {}
      }),
  }),
]

/** Where a new patient's record belongs: where its writer said or works; undefined: they do not work there. */
export async function placeForNew(
  tx: Parameters<typeof workplacesOf>[0],
  person: string,
  asked: string | undefined,
): Promise<string | null | undefined> {
  const { works, main } = await workplacesOf(tx, person)
  if (works.all) return asked === undefined ? null : undefined
  if (asked !== undefined) return worksThere(works, asked, main) ? asked : undefined
  if (main !== null && works.locations.includes(main)) return null
  return works.locations[0]
}
