import { endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** Why somebody is on a patient's care team. */
export const TeamWhy = OneOf('assigned', 'registered', 'appointment')

/** A unit of a hospital, such as a ward: who is on its roster cares for the patients who are placed there. */
export const Unit = Shape({ unit: Id, name: Text(80), location: Type.Union([Id, Type.Null()]) })

/** Somebody's time on a unit. */
export const Shift = Shape({ shift: Id, unit: Id, person: Id, from: Moment, until: Type.Union([Moment, Type.Null()]) })

export const listUnits = endpoint({
  name: 'access.care.units',
  method: 'GET',
  path: '/api/v1/units',
  summary: 'Units and who is on their rosters now or later.',
  takes: Shape({}),
  gives: Shape({ units: List(Unit, 1_000), shifts: List(Shift, 10_000) }),
  fails: {},
})

export const addUnit = endpoint({
  name: 'access.care.add-unit',
  method: 'POST',
  path: '/api/v1/units',
  summary: 'Adds a unit; safe to repeat with the same id and name.',
  takes: Shape({ unit: Id, name: Text(80), location: Type.Optional(Id) }),
  gives: Shape({ unit: Id }),
  fails: {
    'name-taken': {
      status: 409,
      what: 'Another unit has this name.',
      next: 'Nothing was saved. Choose another name.',
    },
  },
})

export const renameUnit = endpoint({
  name: 'access.care.rename-unit',
  method: 'PUT',
  path: '/api/v1/units/:unit',
  summary: 'Gives a unit another name.',
  takes: Shape({ name: Text(80) }),
  gives: Shape({}),
  fails: addUnit.fails,
})

export const closeUnit = endpoint({
  name: 'access.care.close-unit',
  method: 'POST',
  path: '/api/v1/units/:unit/close',
  summary: 'Closes a unit on which no patient is; its roster ends.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {
    'has-patients': {
      status: 409,
      what: 'There are patients on this unit.',
      next: 'Nothing was changed. Whoever cares for them says on which unit they are now; then close it.',
    },
  },
})

export const addShift = endpoint({
  name: 'access.care.add-shift',
  method: 'POST',
  path: '/api/v1/units/:unit/shifts',
  summary: 'Puts a colleague on a unit’s roster for a time, or until they are taken off.',
  takes: Shape({ shift: Id, person: Id, from: Moment, until: Type.Optional(Moment) }),
  gives: Shape({ shift: Id }),
  fails: {
    'bad-time': {
      status: 422,
      what: 'A shift ends after it begins.',
      next: 'Nothing was saved. Correct the times.',
    },
  },
})

export const endShift = endpoint({
  name: 'access.care.end-shift',
  method: 'DELETE',
  path: '/api/v1/shifts/:shift',
  summary: 'Takes a colleague off a unit’s roster now.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const unitAdded = fact({ kind: 'access.unit.added', payload: Shape({ unit: Id }), says: 'added a unit' })
export const unitRenamed = fact({ kind: 'access.unit.renamed', payload: Shape({ unit: Id }), says: 'renamed a unit' })
export const unitClosed = fact({ kind: 'access.unit.closed', payload: Shape({ unit: Id }), says: 'closed a unit' })
export const shiftAdded = fact({
  kind: 'access.unit.shift-added',
  payload: Shape({ shift: Id, unit: Id, person: Id, from: Moment, until: Type.Union([Moment, Type.Null()]) }),
  says: 'put a colleague on a unit’s roster',
})
export const shiftEnded = fact({
  kind: 'access.unit.shift-ended',
  payload: Shape({ shift: Id, unit: Id, person: Id }),
  says: 'took a colleague off a unit’s roster',
})
export const patientPlaced = fact({
  kind: 'access.care.placed',
  payload: Shape({ patient: Id, unit: Type.Union([Id, Type.Null()]) }),
  says: 'said on which unit a patient is',
  bucket: 'patients',
})
export const careJoined = fact({
  kind: 'access.care.joined',
  payload: Shape({ patient: Id, person: Id, why: TeamWhy, until: Type.Union([Moment, Type.Null()]) }),
  says: 'put somebody on a patient’s care team',
  bucket: 'patients',
})
export const careLeft = fact({
  kind: 'access.care.left',
  payload: Shape({ patient: Id, person: Id }),
  says: 'took somebody off a patient’s care team',
  bucket: 'patients',
})
/** The reason may name a patient, so it is payload: sealed, and erasable. */
export const coverStated = fact({
  kind: 'access.care.cover-stated',
  payload: Shape({ opening: Id, patient: Id, person: Id, reason: Text(300, 10), until: Moment }),
  says: 'opened a patient’s record while covering for a colleague',
  bucket: 'patients',
})
