import { castMember, must, stBrendan, visit, wardPatients } from '@wardline/dev'
import type { Demo } from '@wardline/dev'
import { listOpenings, openRecord } from '@wardline/product/access/break-glass/contract'
import { getPatient, listPatients, lookUpPatient } from '@wardline/product/patients/roster/contract'
import { newUuid } from '@wardline/product/team/messages/client'

/** What the tour shows of the ward's emergency: what the nurse reaches by herself, before and after, and what the officer has to review. */
export interface EmergencySeen {
  readonly ownPatients: number
  readonly closedBefore: boolean
  readonly openAfter: boolean
  readonly inQueue: boolean
}

/** The nurse opens the record of somebody whom another doctor cares for, in an emergency. */
export async function openInTour(demo: Demo): Promise<EmergencySeen> {
  const { patient, given, family, birthDate } = wardPatients.find((it) => it.restricted !== null)!
  const nurse = await visit(demo.server, stBrendan, castMember('kim').member)
  const params = { patient }
  const own = must('Her patients', await nurse.call(listPatients, {})).patients
  const { patients } = must('The look-up', await nurse.call(lookUpPatient, { body: { given, family, birthDate } }))
  const closedBefore = patients.length === 1 && !patients[0]!.reached && !(await nurse.call(getPatient, { params })).ok
  const opening = {
    opening: newUuid(),
    patient,
    reason: 'emergency' as const,
    explanation: 'Unconscious in the hallway of 4W, medication needed',
  }
  must('The opening', await nurse.call(openRecord, { body: opening }))
  const openAfter = (await nurse.call(getPatient, { params })).ok
  const officer = await visit(demo.server, stBrendan, castMember('paul').member)
  const { openings } = must('The queue', await officer.call(listOpenings, {}))
  return { ownPatients: own.length, closedBefore, openAfter, inQueue: openings.some((it) => it.patient === patient) }
}
