import type { Item, RowProblem, Step } from '../contract.ts'

/** How a step is called, and what it is for. */
export const stepTitles: Readonly<Record<Step, string>> = {
  'sign-in': 'Your own sign-in',
  organisation: 'The organisation',
  people: 'People and roles',
  officers: 'Privacy and security officer',
  'archive-key': 'The archive’s keys',
  'own-keys': 'Your own keys',
  texting: 'Texts to patients',
  consent: 'The consent text',
}

/** What each item of the checklist says while it is not so. */
export const itemWords: Readonly<Record<Item, { readonly title: string; readonly unsafe: string; readonly act: string }>> = {
  'sign-in': {
    title: stepTitles['sign-in'],
    unsafe: 'Without a passkey your account can be talked out of you; without recovery codes a lost phone locks you out.',
    act: 'Add a passkey and recovery codes',
  },
  organisation: {
    title: stepTitles.organisation,
    unsafe: 'Nobody has looked whether name and time zone are right. Quiet hours and dates hang on the zone.',
    act: 'Look at name and time zone',
  },
  people: { title: stepTitles.people, unsafe: 'Nobody but you can sign in.', act: 'Add people' },
  officers: {
    title: stepTitles.officers,
    unsafe: 'Somebody has to answer for privacy, and somebody for security (45 CFR 164.308(a)(2), 164.530(a)(1)).',
    act: 'Name the officers',
  },
  'archive-key': {
    title: stepTitles['archive-key'],
    unsafe: 'Colleagues cannot write to each other yet: nothing could ever be handed over to a court or a patient.',
    act: 'Make the keys',
  },
  'own-keys': { title: stepTitles['own-keys'], unsafe: 'You cannot read or write messages yet.', act: 'Make your keys' },
  texting: {
    title: stepTitles.texting,
    unsafe: 'Patients get no texts: an agreement with the carrier, or the number, is missing.',
    act: 'Set up texts',
  },
  consent: { title: stepTitles.consent, unsafe: 'Nobody has read what patients are told before they agree.', act: 'Read it' },
  'everybody-in': {
    title: 'Everybody has signed in',
    unsafe: 'Codes that were handed out and not used can be found by somebody else.',
    act: 'See who is missing',
  },
  'second-administrator': {
    title: 'A second administrator',
    unsafe: 'If you lose your sign-in, nobody can help you back in. Name one under Settings, People and roles; an officer agrees.',
    act: 'See the people',
  },
  reachable: {
    title: 'Reachable by an https address',
    unsafe: 'Phones and passkeys need a name with a certificate. Whoever runs the server sets WARDLINE_URL behind a proxy with TLS.',
    act: 'How it is done',
  },
}

/** Where an item that is no step of its own is seen to. */
export const stepOf = (item: Item): Step =>
  item === 'everybody-in' || item === 'second-administrator' ? 'people' : item === 'reachable' ? 'texting' : item

/** What is wrong with a row, to stand beside it. */
export const rowWords: Readonly<Record<RowProblem, string>> = {
  'no-name': 'The name is missing.',
  'bad-sign-in-name': 'The sign-in name may hold small letters, digits and . _ @ + -, from two signs on.',
  'name-taken': 'This sign-in name is in use, or was.',
  twice: 'This sign-in name stands in an earlier row too.',
  'no-role': 'The role is missing.',
  'unknown-role': 'There is no such role. There are: clinician, nurse, front desk, operator, auditor.',
  'needs-second': 'Officers are named in the next step, administrators later under Settings.',
  'roles-exclude': 'An auditor has no other role.',
}
