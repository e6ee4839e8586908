import { Count, Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'

/** Languages that a patient can be written to in. */
export const Language = OneOf('en', 'es')
/** What kind of line a number is, as far as anybody said or the numbering plan tells. */
export const LineType = OneOf('mobile', 'landline', 'voip', 'unknown')
/**
 * How a number stands for one patient. `frozen` and `wrong-person` stop everything: the line may belong to a stranger
 * (frozen, for all its patients) or is known not to be this patient's.
 */
export const NumberState = OneOf('unverified', 'verified', 'wrong-person', 'frozen')
/** How a number was verified. Before PHI only `code` counts. */
export const VerifiedHow = OneOf('code', 'reply', 'visit')
/** Why a line was frozen for all its patients. */
export const FrozenWhy = OneOf('said-wrong-number', 'carrier-says-unknown', 'staff')

/** Who a patient is, as the desk writes it down. Sealed at rest. */
export const Demographics = Shape({
  given: Text(80),
  family: Text(80),
  birthDate: Type.Optional(Day),
  language: Language,
  /** The patient's own time zone (IANA), where they stated one. */
  zone: Type.Optional(Text(60)),
  notes: Type.Optional(Text(2_000, 0)),
})

/** One number of a patient. A number is a household's: `sharedWith` other patients have it too. */
export const ContactPoint = Shape({
  number: Id,
  e164: Text(16),
  lineType: LineType,
  state: NumberState,
  verifiedHow: Type.Union([VerifiedHow, Type.Null()]),
  verifiedAt: Type.Union([Moment, Type.Null()]),
  sharedWith: Count,
})

/** A line of the list: enough to tell two patients apart. */
export const PatientLine = Shape({
  patient: Id,
  given: Text(80),
  family: Text(80),
  birthDate: Type.Union([Day, Type.Null()]),
  test: Type.Boolean(),
  /** Texts of this patient that nobody has answered or put away. */
  waiting: Count,
})

export const listPatients = endpoint({
  name: 'patients.roster.list',
  method: 'GET',
  path: '/api/v1/patients',
  summary: 'Patients by family name, at most 500, with how many texts of each are waiting.',
  takes: Shape({}),
  gives: Shape({ patients: List(PatientLine, 500), more: Type.Boolean() }),
  fails: {},
})

/** A POST, because what is looked for is PHI and must not stand in a URL. */
export const searchPatients = endpoint({
  name: 'patients.roster.search',
  method: 'POST',
  path: '/api/v1/patients/search',
  summary: 'Finds patients by whole names, a birth date (1981-07-14) or a whole phone number; every word must fit.',
  takes: Shape({ words: Text(120) }),
  gives: Shape({ patients: List(PatientLine, 100), more: Type.Boolean() }),
  fails: {},
})

export const createPatient = endpoint({
  name: 'patients.roster.create',
  method: 'POST',
  path: '/api/v1/patients',
  summary: 'Adds a patient under an id made by the client; safe to repeat.',
  takes: Shape({
    patient: Id,
    ...Demographics.properties,
    /** An invented patient for trying things out: the only kind that is texted without an agreement with the carrier. Never changes. */
    test: Type.Optional(Type.Boolean()),
    /** Where the record belongs; without it, where its writer works. */
    location: Type.Optional(Id),
  }),
  gives: Shape({ patient: Id, created: Type.Boolean() }),
  fails: {
    'unknown-zone': {
      status: 422,
      what: 'There is no such time zone.',
      next: 'Nothing was saved. Choose a zone like America/Chicago, or leave it out.',
    },
  },
})

export const getPatient = endpoint({
  name: 'patients.roster.get',
  method: 'GET',
  path: '/api/v1/patients/:patient',
  summary: 'One patient with their numbers.',
  takes: Shape({}),
  gives: Shape({
    patient: Id,
    ...Demographics.properties,
    test: Type.Boolean(),
    version: Count,
    numbers: List(ContactPoint, 50),
  }),
  fails: {},
})

export const changePatient = endpoint({
  name: 'patients.roster.change',
  method: 'PUT',
  path: '/api/v1/patients/:patient',
  summary: 'Replaces a patient’s data; `version` is the one that was read.',
  takes: Shape({ version: Count, ...Demographics.properties }),
  gives: Shape({ version: Count }),
  fails: {
    'changed-meanwhile': {
      status: 409,
      what: 'Somebody else changed this patient meanwhile.',
      next: 'Nothing was saved; what you typed is still on the screen. Read the patient again and repeat the change.',
    },
    'unknown-zone': createPatient.fails['unknown-zone'],
  },
})

const badNumbers = {
  'not-a-number': {
    status: 422,
    what: 'This is not a phone number that can exist.',
    next: 'Nothing was saved. Check the digits, with area code.',
  },
  'number-not-served': {
    status: 422,
    what: 'Texts go to numbers of the United States and Canada only.',
    next: 'Nothing was saved. Ask for a number there, or write it into the notes.',
  },
} as const

export const addNumber = endpoint({
  name: 'patients.roster.add-number',
  method: 'POST',
  path: '/api/v1/patients/:patient/numbers',
  summary: 'Adds a number to a patient; several patients may share it. Safe to repeat.',
  takes: Shape({ number: Text(40), lineType: Type.Optional(LineType) }),
  gives: Shape({ number: Id, e164: Text(16), state: NumberState, sharedWith: Count }),
  fails: badNumbers,
})

export const startVerification = endpoint({
  name: 'patients.roster.verify',
  method: 'POST',
  path: '/api/v1/patients/:patient/numbers/:number/verification',
  summary: 'Texts a six-digit code to the number. A new code ends the one before. `refused` names why none was sent.',
  takes: Shape({ verification: Id }),
  gives: Shape({
    sent: Type.Boolean(),
    expiresAt: Type.Union([Moment, Type.Null()]),
    /** Codes of the texting gate. */
    refused: List(Text(40), 20),
  }),
  fails: {
    'too-many-codes': {
      status: 429,
      what: 'This number got three codes within an hour or six within a day.',
      next: 'No code was sent. Wait for the time in Retry-After, or verify the number at the next visit.',
    },
  },
})

export const confirmVerification = endpoint({
  name: 'patients.roster.confirm',
  method: 'POST',
  path: '/api/v1/patients/:patient/numbers/:number/verification/confirm',
  summary: 'Takes the code that the patient reads out; spaces do not matter.',
  takes: Shape({ code: Text(20) }),
  gives: Shape({ verified: Type.Literal(true) }),
  fails: {
    'wrong-code': {
      status: 422,
      what: 'This is not the code that was sent.',
      next: 'The number stays unverified. Ask for the code again; after five wrong ones a new code must be sent.',
    },
    'no-open-code': {
      status: 409,
      what: 'There is no code to compare with: none was sent, ten minutes have passed, or five tries were wrong.',
      next: 'The number stays as it was. Send a new code.',
    },
  },
})

export const judgeNumber = endpoint({
  name: 'patients.roster.judge-number',
  method: 'POST',
  path: '/api/v1/patients/:patient/numbers/:number/standing',
  summary:
    'Says whether a number is this patient’s after a doubt: `theirs` lifts a freeze (unverified again), `not-theirs` ends its use for them.',
  takes: Shape({ standing: OneOf('theirs', 'not-theirs') }),
  gives: Shape({ state: NumberState }),
  fails: {},
})

export const patientCreated = fact({
  kind: 'patients.patient.created',
  payload: Shape({ patient: Id, test: Type.Boolean() }),
  says: 'added a patient',
  bucket: 'patients',
})
export const patientChanged = fact({
  kind: 'patients.patient.changed',
  payload: Shape({ patient: Id, version: Count }),
  says: 'changed a patient’s data',
  bucket: 'patients',
})
export const numberAdded = fact({
  kind: 'patients.number.added',
  payload: Shape({ patient: Id, number: Id }),
  says: 'added a number to a patient',
  bucket: 'patients',
})
export const codeAsked = fact({
  kind: 'patients.number.code-asked',
  payload: Shape({ patient: Id, number: Id, verification: Id }),
  says: 'had a verification code sent to a patient’s number',
  bucket: 'patients',
})
export const codeMissed = fact({
  kind: 'patients.number.code-missed',
  payload: Shape({ patient: Id, number: Id, verification: Id, tries: Count }),
  says: 'entered a wrong verification code',
  bucket: 'patients',
})
export const numberVerified = fact({
  kind: 'patients.number.verified',
  payload: Shape({ patient: Id, number: Id, how: VerifiedHow }),
  says: 'verified a patient’s number',
  bucket: 'patients',
})
export const numberFrozen = fact({
  kind: 'patients.number.frozen',
  payload: Shape({ number: Id, patients: List(Id, 100), why: FrozenWhy }),
  says: 'froze a number: nothing is sent to it',
  bucket: 'patients',
})
export const numberJudged = fact({
  kind: 'patients.number.judged',
  payload: Shape({ patient: Id, number: Id, standing: OneOf('theirs', 'not-theirs') }),
  says: 'said whether a number is the patient’s',
  bucket: 'patients',
})

/** Why a record is restricted: a well-known person's, a study's, or that of somebody who works here. */
export const Restriction = OneOf('well-known', 'study', 'colleague')

/** A POST, because what is looked for is PHI and must not stand in a URL. */
export const lookUpPatient = endpoint({
  name: 'patients.roster.look-up',
  method: 'POST',
  path: '/api/v1/patients/look-up',
  summary: 'Finds a patient by full name and birth date, to treat one who is in no list of one’s own. Recorded as a read.',
  takes: Shape({ given: Text(80), family: Text(80), birthDate: Day }),
  gives: Shape({
    patients: List(
      Shape({
        patient: Id,
        given: Text(80),
        family: Text(80),
        birthDate: Day,
        /** Whether the caller reaches the record now. */
        reached: Type.Boolean(),
        /** Whether saying that one covers for a colleague would open it. */
        coverable: Type.Boolean(),
      }),
      5,
    ),
  }),
  fails: {},
})

export const coverPatient = endpoint({
  name: 'patients.roster.cover',
  method: 'POST',
  path: '/api/v1/patients/:patient/cover',
  summary: 'Opens a patient’s record for 15 minutes to a person who says for what reason they cover for a colleague.',
  takes: Shape({ reason: Text(300, 10) }),
  gives: Shape({ until: Moment }),
  fails: {},
})

export const patientCare = endpoint({
  name: 'patients.roster.care',
  method: 'GET',
  path: '/api/v1/patients/:patient/care',
  summary: 'Who cares for a patient, on which unit and at which location, and whether the record is restricted.',
  takes: Shape({}),
  gives: Shape({
    team: List(
      Shape({
        person: Id,
        because: OneOf('assigned', 'registered', 'appointment', 'unit', 'cover', 'emergency'),
        until: Type.Union([Moment, Type.Null()]),
      }),
      1_000,
    ),
    unit: Type.Union([Shape({ unit: Id, name: Text(80) }), Type.Null()]),
    location: Type.Union([Id, Type.Null()]),
    restricted: Type.Union([Restriction, Type.Null()]),
  }),
  fails: {},
})

export const assignCare = endpoint({
  name: 'patients.roster.assign-care',
  method: 'PUT',
  path: '/api/v1/patients/:patient/care/:person',
  summary: 'Puts a colleague on a patient’s care team, until a moment or without end.',
  takes: Shape({ until: Type.Optional(Moment) }),
  gives: Shape({}),
  fails: {},
})

export const endCare = endpoint({
  name: 'patients.roster.end-care',
  method: 'DELETE',
  path: '/api/v1/patients/:patient/care/:person',
  summary: 'Takes a colleague off a patient’s care team; what a unit’s roster gives stays.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

export const setPlace = endpoint({
  name: 'patients.roster.set-place',
  method: 'PUT',
  path: '/api/v1/patients/:patient/place',
  summary: 'Says on which unit a patient is and to which location the record belongs; what is left out stays, null ends it.',
  takes: Shape({ unit: Type.Optional(Type.Union([Id, Type.Null()])), location: Type.Optional(Type.Union([Id, Type.Null()])) }),
  gives: Shape({}),
  fails: {},
})

export const restrictPatient = endpoint({
  name: 'patients.roster.restrict',
  method: 'PUT',
  path: '/api/v1/patients/:patient/restriction',
  summary: 'Restricts a record, so that only a care relationship or an emergency opens it; null lifts it.',
  takes: Shape({ restricted: Type.Union([Restriction, Type.Null()]) }),
  gives: Shape({}),
  fails: {},
})

export const patientMoved = fact({
  kind: 'patients.patient.moved',
  payload: Shape({ patient: Id, location: Type.Union([Id, Type.Null()]) }),
  says: 'moved a patient’s record to a location',
  bucket: 'patients',
})
export const patientRestricted = fact({
  kind: 'patients.patient.restricted',
  payload: Shape({ patient: Id, restricted: Type.Union([Restriction, Type.Null()]) }),
  says: 'restricted a patient’s record, or lifted that',
  bucket: 'patients',
})
