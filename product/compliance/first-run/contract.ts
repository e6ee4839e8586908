import { Bytes, Count, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { Preset } from '@wardline/product/access/provisioning/contract'
import { SignedStatement } from '@wardline/product/team/devices/contract'
import { importLimit, rowProblems, steps, watched } from './words.ts'

export { importLimit, steps, watched } from './words.ts'
export type { Item, ItemState, RowProblem, Step } from './words.ts'

const StepName = OneOf(...steps)
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])

/** Somebody who has a code and never used one. */
const Waiting = Shape({ person: Id, name: Text(120), signInName: Text(64), until: Moment })

/** Where the set-up stands, computed from the system's own state. */
const Standing = Shape({
  /** Whether this organisation is led through a first run, and whether somebody ended it. */
  begun: Type.Boolean(),
  finished: Type.Boolean(),
  organisation: Shape({ id: Id, name: Text(200), zone: Text(60), preset: Preset }),
  items: List(Shape({ item: OneOf(...steps, ...watched), state: OneOf('done', 'later', 'open') }), 20),
  /** Where one goes on; null: at the checklist. */
  next: Maybe(StepName),
  /** Whether the organisation has a root key: without one nobody can make keys. */
  hasRoot: Type.Boolean(),
  passkeys: Shape({ have: Count, required: Count }),
  recoveryCodes: Count,
  people: List(Shape({ person: Id, name: Text(120), roles: List(Text(30), 12) }), 1_000),
  waiting: List(Waiting, 1_000),
  archive: Maybe(Shape({ threshold: Count, custodians: Count, until: Moment })),
  agreement: Type.Boolean(),
  channel: Type.Boolean(),
})

export const firstRun = endpoint({
  name: 'compliance.first-run',
  method: 'GET',
  path: '/api/v1/first-run',
  summary: 'How far the organisation is set up, and what is still unsafe, computed from its state.',
  takes: Shape({}),
  gives: Standing,
  fails: {},
})

export const markStep = endpoint({
  name: 'compliance.first-run.mark',
  method: 'PUT',
  path: '/api/v1/first-run/marks',
  summary: 'Puts a step off, takes it up again, or says that what is to be looked at was looked at.',
  takes: Shape({ step: StepName, mark: OneOf('looked-at', 'later', 'open') }),
  gives: Shape({}),
  fails: {},
})

export const finishFirstRun = endpoint({
  name: 'compliance.first-run.finish',
  method: 'POST',
  path: '/api/v1/first-run/finish',
  summary: 'Ends being led; the checklist stays. Refused while a step is neither done nor put off.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {
    'step-open': {
      status: 409,
      what: 'A step is neither done nor put off.',
      next: 'Nothing was changed. Do the step, or put it off: then it stays in the checklist.',
    },
  },
})

export const changeOrganisation = endpoint({
  name: 'compliance.first-run.organisation',
  method: 'PUT',
  path: '/api/v1/organisation',
  summary: 'Sets the organisation’s name and time zone.',
  takes: Shape({ name: Text(200), zone: Text(60) }),
  gives: Shape({}),
  fails: {
    'bad-zone': {
      status: 422,
      what: 'There is no such time zone.',
      next: 'Nothing was saved. Choose a zone like America/Chicago.',
    },
  },
})

/** A row as it was pasted: loose, so that each problem is told beside its row. */
const Row = Shape({ name: Text(120, 0), signInName: Text(64, 0), title: Text(120, 0), roles: List(Text(40), 8) })
const Rows = List(Row, importLimit)

export const checkPeople = endpoint({
  name: 'compliance.first-run.check-people',
  method: 'POST',
  path: '/api/v1/people/import/check',
  summary: 'Says what is wrong with each row of people, and changes nothing.',
  takes: Shape({ rows: Rows }),
  gives: Shape({ problems: List(List(OneOf(...rowProblems), 8), importLimit) }),
  fails: {},
})

export const importPeople = endpoint({
  name: 'compliance.first-run.import-people',
  method: 'POST',
  path: '/api/v1/people/import',
  summary: 'Adds all of these people and gives their one-time codes; with one wrong row, nobody is added.',
  takes: Shape({ rows: Rows }),
  gives: Shape({
    people: List(Shape({ person: Id, name: Text(120), signInName: Text(64), secret: Text(40), until: Moment }), importLimit),
  }),
  fails: {
    'rows-wrong': {
      status: 422,
      what: 'A row is wrong, or became wrong since it was checked.',
      next: 'Nobody was added. Check the rows again and correct those that are named.',
    },
  },
})

export const storeKeys = endpoint({
  name: 'compliance.first-run.keys',
  method: 'POST',
  path: '/api/v1/first-run/keys',
  summary:
    'Stores what the first key ceremony signed: certificate of the directory key with its seed, archive policy, authorities, recipient policy.',
  takes: Shape({
    root: Bytes(32, 32),
    directorySeed: Bytes(32, 32),
    directory: SignedStatement,
    archive: SignedStatement,
    trust: List(SignedStatement, 8),
  }),
  gives: Shape({}),
  fails: {
    'already-held': {
      status: 409,
      what: 'This organisation has a root key already.',
      next: 'Nothing was stored: the papers of this ceremony open nothing. Destroy them and keep those of the first one.',
    },
    'not-in-office': {
      status: 422,
      what: 'The papers name somebody as administrator or archive officer who is not in that office here.',
      next: 'Nothing was stored. Name the officers first, then hold the ceremony again; destroy these papers.',
    },
    'not-sound': {
      status: 422,
      what: 'What the ceremony signed does not verify.',
      next: 'Nothing was stored. Hold the ceremony again; destroy these papers.',
    },
  },
})

export const stepMarked = fact({
  kind: 'compliance.first-run.marked',
  payload: Shape({ step: StepName, mark: OneOf('looked-at', 'later', 'open') }),
  says: 'put off, took up or looked at a step of the set-up',
})

export const firstRunFinished = fact({
  kind: 'compliance.first-run.finished',
  payload: Shape({ open: List(OneOf(...steps, ...watched), 20) }),
  says: 'ended the first run',
})

export const organisationChanged = fact({
  kind: 'compliance.first-run.organisation-changed',
  payload: Shape({ zone: Text(60) }),
  says: 'set the organisation’s name and time zone',
})

export const peopleImported = fact({
  kind: 'compliance.first-run.people-imported',
  payload: Shape({ people: List(Id, importLimit) }),
  says: 'added colleagues from a list',
})
