import { seededId } from './cast.ts'

/** An invented patient of Maple Street Dental. Every number is of the range that is kept free for invention (555-01xx). */
export interface CastPatient {
  readonly patient: string
  readonly given: string
  readonly family: string
  readonly birthDate: string
  readonly language: 'en' | 'es'
  readonly phone: string
  /** What consent the desk has: read out, given at intake (visits only), or none. */
  readonly consent: 'spoken' | 'intake' | 'none'
  readonly verified: boolean
  /** Hours from the demonstration's beginning to a visit, if there is one. */
  readonly visitInHours?: number
  readonly reason?: string
  readonly notes?: string
}

type Named = Omit<CastPatient, 'patient' | 'phone'> & { phone: number }

// The beginning is Tuesday 09:40; tomorrow's first chair is at 08:00, 22 h 20 min later.
const tomorrow = (hour: number, minute = 0) => 14 + 1 / 3 + hour + minute / 60

const named: readonly Named[] = [
  {
    given: 'Ana',
    family: 'Rivera',
    birthDate: '1987-05-02',
    language: 'en',
    phone: 117,
    consent: 'spoken',
    verified: true,
    visitInHours: tomorrow(15),
    reason: 'Cleaning',
  },
  { given: 'Mateo', family: 'Rivera', birthDate: '2016-09-14', language: 'en', phone: 117, consent: 'spoken', verified: true },
  {
    given: 'Lucia',
    family: 'Rivera',
    birthDate: '2009-11-30',
    language: 'en',
    phone: 117,
    consent: 'spoken',
    verified: true,
    notes: 'Wants her messages kept private.',
  },
  {
    given: 'Anna',
    family: 'Riviera',
    birthDate: '1987-08-19',
    language: 'en',
    phone: 131,
    consent: 'intake',
    verified: false,
    visitInHours: tomorrow(10, 30),
    reason: 'Filling',
  },
  {
    given: 'Walter',
    family: 'Kim',
    birthDate: '1947-12-01',
    language: 'en',
    phone: 118,
    consent: 'none',
    verified: false,
    notes: 'Landline; prefers a call.',
  },
  {
    given: 'Rosa',
    family: 'Delgado',
    birthDate: '1979-03-27',
    language: 'es',
    phone: 119,
    consent: 'spoken',
    verified: true,
    visitInHours: tomorrow(9),
    reason: 'Control',
  },
  {
    given: 'Dev',
    family: 'Patel',
    birthDate: '1994-07-08',
    language: 'en',
    phone: 120,
    consent: 'spoken',
    verified: true,
    visitInHours: tomorrow(9, 30),
    reason: 'Check-up',
  },
  {
    given: 'Grace',
    family: 'Osei',
    birthDate: '1990-01-22',
    language: 'en',
    phone: 121,
    consent: 'spoken',
    verified: true,
    visitInHours: tomorrow(11),
    reason: 'Crown preparation',
  },
  {
    given: 'Tom',
    family: 'Becker',
    birthDate: '1985-06-11',
    language: 'en',
    phone: 122,
    consent: 'intake',
    verified: false,
    visitInHours: tomorrow(13),
    reason: 'Check-up',
  },
  {
    given: 'Jo',
    family: 'Marsh',
    birthDate: '1972-10-05',
    language: 'en',
    phone: 123,
    consent: 'spoken',
    verified: true,
    notes: 'Paid in full; insurer is not to be told.',
  },
  {
    given: 'Sam',
    family: 'Holt',
    birthDate: '1968-04-16',
    language: 'en',
    phone: 124,
    consent: 'none',
    verified: true,
    visitInHours: tomorrow(14),
    reason: 'Root canal',
    notes: 'Chose to let the consent end.',
  },
  { given: 'Chloe', family: 'Adler', birthDate: '1999-02-09', language: 'en', phone: 125, consent: 'spoken', verified: true },
  {
    given: 'Beth',
    family: 'Cole',
    birthDate: '1981-08-23',
    language: 'en',
    phone: 126,
    consent: 'spoken',
    verified: true,
    visitInHours: tomorrow(10, 5),
    reason: 'Cleaning',
  },
]

const givenNames = [
  'Noah',
  'Emma',
  'Liam',
  'Olivia',
  'Elena',
  'Marcus',
  'Hanna',
  'Omar',
  'Ivy',
  'Felix',
  'Nina',
  'Diego',
  'Ruth',
  'Andre',
  'Mei',
  'Paula',
]
const familyNames = [
  'Alvarez',
  'Bishop',
  'Choi',
  'Dunn',
  'Engel',
  'Foster',
  'Garza',
  'Hughes',
  'Ibrahim',
  'Jensen',
  'Keller',
  'Lopez',
  'Morgan',
]

/** The other patients, the same in every demonstration: a small linear congruence instead of chance. */
function others(count: number): Named[] {
  let state = 20_260_310
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  return Array.from({ length: count }, (_, i) => ({
    given: givenNames[(i * 7 + next(3)) % givenNames.length]!,
    family: familyNames[(i * 5 + next(2)) % familyNames.length]!,
    birthDate: `${1940 + next(75)}-${String(1 + next(12)).padStart(2, '0')}-${String(1 + next(28)).padStart(2, '0')}`,
    language: next(6) === 0 ? 'es' : 'en',
    phone: 140 + i,
    consent: (['spoken', 'intake', 'spoken', 'none'] as const)[next(4)]!,
    verified: false,
    ...(i < 5 ? { visitInHours: tomorrow(8 + i, 15), reason: 'Check-up' } : {}),
  }))
}

/** All sixty. */
export const patients: readonly CastPatient[] = [...named, ...others(60 - named.length)].map((it, i) => ({
  ...it,
  patient: seededId(`patient ${i}`),
  phone: `+1312555${String(it.phone).padStart(4, '0')}`,
}))

/** The phones that stand side by side on the page of pretend phones. */
export const phonesOnShow = ['Ana Rivera', 'Rosa Delgado', 'Dev Patel', 'Tom Becker'].map((name) => {
  const found = patients.find((it) => `${it.given} ${it.family}` === name)!
  return { number: found.phone, label: name }
})

/** The practice's own number. */
export const practiceNumber = '+13125550100'

/** A patient of the ward: `by` adds the record and so cares for them. Restricted: nobody else opens it, except in an emergency. */
export interface WardPatient {
  readonly patient: string
  readonly given: string
  readonly family: string
  readonly birthDate: string
  readonly by: string
  readonly onUnit: boolean
  readonly restricted: 'well-known' | null
  readonly notes: string
}

/** Two patients of St Brendan: one whom the ward cares for, and one whose record its nurse can open in an emergency only. */
export const wardPatients: readonly WardPatient[] = [
  {
    patient: seededId('ward patient aldana'),
    given: 'Robert',
    family: 'Aldana',
    birthDate: '1958-02-11',
    by: 'ada',
    onUnit: true,
    restricted: null,
    notes: 'Bed 12. Allergic to penicillin.',
  },
  {
    patient: seededId('ward patient castellano'),
    given: 'Miriam',
    family: 'Castellano',
    birthDate: '1954-03-18',
    by: 'raj',
    onUnit: false,
    restricted: 'well-known',
    notes: 'Takes apixaban. No aspirin.',
  },
]
