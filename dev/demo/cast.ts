import { createHash } from 'node:crypto'
import type { Role } from '@wardline/product/access/roles/server'

/** An id that is the same in every demonstration: the first half of SHA-256 over a name, in the form of a random id. */
export function seededId(name: string): string {
  const bytes = createHash('sha256').update(`wardline demo ${name}`).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** An invented person of the demonstration. Name, password and authenticator key are public: nothing real may be put here. */
export interface CastMember {
  readonly person: string
  readonly signInName: string
  readonly name: string
  readonly title: string
  readonly roles: readonly Role[]
  readonly password: string
  /** Key of the pretend authenticator (RFC 6238), 20 bytes. */
  readonly totpKey: Buffer
  /** Whether they sign that one person may be administrator and privacy officer of a small practice. */
  readonly exception?: string
}

/** An invented organisation. */
export interface CastOrganisation {
  readonly org: string
  readonly name: string
  readonly zone: string
  readonly preset: 'practice' | 'hospital'
  readonly people: readonly CastMember[]
  /** Who holds a share of the archive key, and how many of them open it. */
  readonly custodians: readonly string[]
  readonly threshold: number
}

const member = (
  signInName: string,
  name: string,
  title: string,
  roles: readonly Role[],
  password: string,
  exception?: string,
): CastMember => ({
  person: seededId(`person ${signInName}`),
  signInName,
  name,
  title,
  roles,
  password,
  totpKey: createHash('sha256').update(`wardline demo authenticator ${signInName}`).digest().subarray(0, 20),
  ...(exception === undefined ? {} : { exception }),
})

/** The dental practice: five people and their outside IT, one site, one box. */
export const mapleStreet: CastOrganisation = {
  org: seededId('org maple street'),
  name: 'Maple Street Dental',
  zone: 'America/Chicago',
  preset: 'practice',
  people: [
    member('nora', 'Dr Nora Lindqvist', 'Owner, dentist', ['clinician', 'privacy-officer'], 'violet kettle 41'),
    member('marisol', 'Marisol Vega', 'Office manager', ['administrator', 'front-desk'], 'copper meadow 17'),
    member('tess', 'Tess Young', 'Front desk', ['front-desk'], 'quiet lantern 88'),
    member('jamal', 'Jamal Reed', 'Hygienist', ['clinician'], 'harbor pencil 23'),
    member('priya', 'Priya Nair', 'Dental assistant', ['clinician'], 'walnut comet 56'),
    member('ellis', 'Sam Ellis', 'Ellis & Co. IT, witness', ['auditor'], 'granite violin 72'),
  ],
  custodians: ['nora', 'marisol', 'ellis'],
  threshold: 2,
}

/** A ward with two clinicians, until on-call brings the hospital. */
export const stBrendan: CastOrganisation = {
  org: seededId('org st brendan'),
  name: 'St Brendan, ward 4W',
  zone: 'America/Chicago',
  preset: 'hospital',
  people: [
    member('kim', 'RN Kim Tran', 'Nurse, 4W', ['clinician'], 'amber bicycle 34'),
    member('ada', 'Dr Ada Okafor', 'Cardiologist', ['clinician'], 'silver orchard 65'),
    member('paul', 'Paul Stein', 'Privacy officer', ['privacy-officer'], 'maroon compass 92'),
    member('hana', 'Hana Sato', 'IT', ['administrator'], 'indigo ladder 28'),
    member('raj', 'Dr Raj Patel', 'Cardiologist', ['clinician'], 'cobalt feather 49'),
  ],
  custodians: ['paul', 'hana', 'ada'],
  threshold: 2,
}

export const cast: readonly CastOrganisation[] = [mapleStreet, stBrendan]

/** The door of the first screen: one press signs in as this person. */
export interface Door {
  readonly id: string
  readonly says: string
  readonly who: string
  readonly to: string
}

export const doors: readonly Door[] = [
  { id: 'front-desk', says: 'Front desk, Maple Street', who: 'tess', to: '/' },
  { id: 'nurse', says: 'Nurse, St Brendan 4W', who: 'kim', to: '/' },
  { id: 'doctor', says: 'Cardiologist, St Brendan', who: 'ada', to: '/' },
  { id: 'privacy-officer', says: 'Privacy officer, Maple Street', who: 'nora', to: '/audit' },
  { id: 'reviewer', says: 'Privacy officer, St Brendan', who: 'paul', to: '/oversight' },
  { id: 'administrator', says: 'Administrator, Maple Street', who: 'marisol', to: '/settings/people' },
]

/** Finds an invented person by sign-in name. */
export function castMember(signInName: string): { organisation: CastOrganisation; member: CastMember } {
  for (const organisation of cast) {
    const found = organisation.people.find((it) => it.signInName === signInName)
    if (found) return { organisation, member: found }
  }
  throw new Error(`Nobody of the demonstration is called ${signInName}.`)
}
