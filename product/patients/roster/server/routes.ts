import { isDay } from '@wardline/platform/contract'
import type { Static } from '@wardline/platform/contract'
import { recordRead, refuse, serve } from '@wardline/platform/server'
import type { Db, Route } from '@wardline/platform/server'
import { careJoined } from '@wardline/product/access/care/contract'
import { joinCareTeam } from '@wardline/product/access/care/server'
import { can, may } from '@wardline/product/access/roles/server'
import {
  addNumber,
  changePatient,
  codeAsked,
  codeMissed,
  confirmVerification,
  createPatient,
  getPatient,
  judgeNumber,
  listPatients,
  numberAdded,
  numberJudged,
  numberVerified,
  patientChanged,
  patientCreated,
  searchPatients,
  startVerification,
} from '../contract.ts'
import type { Demographics, PatientLine } from '../contract.ts'
import { isZone, readNumber } from '../rules.ts'
import { giveNumber, judgeStanding, numbersOf } from './numbers.ts'
import { addPatient, newest, peopleOf, replacePatient, search } from './people.ts'
import type { Person } from './people.ts'
import { mayReach, reachOf } from './reach.ts'
import { careRoutes, placeForNew } from './routes-care.ts'
import { startCode, tryCode } from './verify.ts'
import type { TextCode } from './verify.ts'

/** What the roster takes from features above it, given when the server is composed. */
export interface RosterPorts {
  readonly textCode: TextCode
  /** How many threads of each patient wait for an answer. */
  readonly waitingOf: (db: Db, patients: readonly string[]) => Promise<ReadonlyMap<string, number>>
}

async function lines(db: Db, ports: RosterPorts, people: readonly Person[]): Promise<Static<typeof PatientLine>[]> {
  const waiting = await ports.waitingOf(
    db,
    people.map((it) => it.patient),
  )
  return people.map((it) => ({
    patient: it.patient,
    given: it.given,
    family: it.family,
    birthDate: it.birthDate ?? null,
    test: it.test,
    waiting: waiting.get(it.patient) ?? 0,
  }))
}

/** A zone that there is, a birth date of the calendar. */
function requireReal(it: Pick<Static<typeof Demographics>, 'zone' | 'birthDate'>): void {
  if (it.zone !== undefined && !isZone(it.zone)) throw refuse(createPatient, 'unknown-zone', { field: 'zone' })
  if (it.birthDate !== undefined && !isDay(it.birthDate)) throw refuse(createPatient, 'bad-request', { field: 'birthDate' })
}

/** The roster's routes. */
export const routesOf = (ports: RosterPorts): readonly Route[] => [
  ...careRoutes,
  serve(listPatients, {
    who: can('patient.roster.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx) => {
      const found = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.roster.read')
        if (!reached) throw refuse(listPatients, 'not-found')
        const { people, more } = await newest(db, ctx.keys, reached, 500)
        return { patients: await lines(db, ports, people), more }
      })
      ctx.saw(
        found.patients.map((it) => it.patient),
        'patients',
      )
      return found
    },
  }),
  serve(searchPatients, {
    who: can('patient.roster.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, { words }) => {
      const found = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.roster.read')
        if (!reached) throw refuse(searchPatients, 'not-found')
        const { people, more } = await search(db, ctx.keys, reached, words, 100)
        return { patients: await lines(db, ports, people), more }
      })
      ctx.saw(
        found.patients.map((it) => it.patient),
        'patient search',
      )
      return found
    },
  }),
  serve(createPatient, {
    who: can('patient.roster.edit'),
    audit: [patientCreated, careJoined],
    phi: 'writes',
    run: async (ctx, { patient, test, location, ...data }) => {
      requireReal(data)
      return ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.roster.edit'))) throw refuse(createPatient, 'not-found')
        const place = await placeForNew(tx, ctx.caller.person, location)
        if (place === undefined) throw refuse(createPatient, 'not-found')
        const created = await addPatient(tx, ctx.keys, { patient, test: test ?? false, data, location: place })
        // Who adds a patient cares for them; a right that ends at the location needs no such tie.
        const right = may(ctx.caller.roles, 'patient.roster.edit')
        if (created && right.yes && !right.reaches.includes('location'))
          await joinCareTeam(tx, { patient, person: ctx.caller.person, why: 'registered' })
        return { patient, created }
      })
    },
  }),
  serve(getPatient, {
    who: can('patient.roster.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, _query, { patient }) => {
      const shown = await ctx.read(async (db) => {
        if (!(await mayReach(db, ctx.caller, 'patient.roster.read', patient))) return undefined
        const person = (await peopleOf(db, ctx.keys, [patient])).get(patient)
        return person && { ...person, numbers: await numbersOf(db, ctx.keys, patient) }
      })
      if (!shown) throw refuse(getPatient, 'not-found')
      ctx.saw([patient], 'patient')
      return shown
    },
  }),
  serve(changePatient, {
    who: can('patient.roster.edit'),
    audit: patientChanged,
    phi: 'writes',
    run: async (ctx, { version, ...data }, { patient }) => {
      requireReal(data)
      return ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.roster.edit', patient))) throw refuse(changePatient, 'not-found')
        if (!(await replacePatient(tx, ctx.keys, { patient, version, data }))) throw refuse(changePatient, 'changed-meanwhile')
        return { version: version + 1 }
      })
    },
  }),
  serve(addNumber, {
    who: can('patient.phone.verify'),
    audit: numberAdded,
    phi: 'writes',
    run: async (ctx, body, { patient }) => {
      const read = readNumber(body.number)
      if (!read.ok) throw refuse(addNumber, read.why, { field: 'number' })
      return ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.phone.verify', patient))) throw refuse(addNumber, 'not-found')
        const given = await giveNumber(tx, ctx.keys, { patient, e164: read.e164, lineType: body.lineType ?? read.lineType })
        return { number: given.number, e164: given.e164, state: given.state, sharedWith: given.sharedWith }
      })
    },
  }),
  serve(startVerification, {
    who: can('patient.phone.verify'),
    audit: codeAsked,
    phi: 'writes',
    run: async (ctx, { verification }, { patient, number }) => {
      const started = await ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.phone.verify', patient))) throw refuse(startVerification, 'not-found')
        return startCode(tx, ctx, ports.textCode, { patient, number, verification })
      })
      if (started.kind === 'no-such-number') throw refuse(startVerification, 'not-found')
      if (started.kind === 'wait') throw refuse(startVerification, 'too-many-codes', { retryAfter: started.seconds })
      return { sent: started.sent, expiresAt: started.expiresAt, refused: [...started.refused] }
    },
  }),
  serve(confirmVerification, {
    who: can('patient.phone.verify'),
    audit: [numberVerified, codeMissed],
    phi: 'writes',
    run: async (ctx, { code }, { patient, number }) => {
      // The refusal comes after the commit: a wrong try must count.
      const verdict = await ctx.write(async (tx) =>
        (await mayReach(tx, ctx.caller, 'patient.phone.verify', patient))
          ? tryCode(tx, ctx.keys, { patient, number, typed: code })
          : ('none-open' as const),
      )
      if (verdict === 'none-open') throw refuse(confirmVerification, 'no-open-code')
      if (verdict !== 'right') throw refuse(confirmVerification, 'wrong-code', { field: 'code' })
      return { verified: true as const }
    },
  }),
  serve(judgeNumber, {
    who: can('patient.phone.verify'),
    audit: numberJudged,
    phi: 'writes',
    run: async (ctx, { standing }, { patient, number }) => {
      const state = await ctx.write(async (tx) => {
        if (!(await mayReach(tx, ctx.caller, 'patient.phone.verify', patient))) return undefined
        return judgeStanding(tx, patient, number, standing)
      })
      if (!state) throw refuse(judgeNumber, 'not-found')
      return { state }
    },
  }),
]
