import { Day, endpoint, fact, Id, List, Moment, OneOf, Shape, Text, Type } from '@wardline/platform/contract'
import { states, trainingNames } from './words.ts'

export { trainingNames, trainings } from './words.ts'
export type { State, Training } from './words.ts'

const Training = OneOf(...trainingNames)
const Maybe = <T extends Parameters<typeof Type.Union>[0][number]>(of: T) => Type.Union([of, Type.Null()])
/** What the organisation calls the edition that it teaches, for instance "2026". */
const Version = Text(40)

/** How one person stands with one training that is asked of them. */
export const Standing = Shape({
  training: Training,
  version: Version,
  due: Moment,
  /** From when patients' records are closed to them unless they do it. */
  heldBackFrom: Moment,
  state: OneOf(...states),
  /** What they did last; `by` recorded it. */
  done: Maybe(Shape({ version: Version, on: Day, by: Id })),
})

export const ownTraining = endpoint({
  name: 'compliance.training.own',
  method: 'GET',
  path: '/api/v1/training/own',
  summary: 'How one stands with the trainings that are asked of one, and whether patients’ records are closed until one is done.',
  takes: Shape({}),
  gives: Shape({ heldBack: Type.Boolean(), trainings: List(Standing, 20) }),
  fails: {},
})

export const listTraining = endpoint({
  name: 'compliance.training.list',
  method: 'GET',
  path: '/api/v1/training',
  summary: 'Which trainings the organisation asks for, and how everybody stands with them.',
  takes: Shape({}),
  gives: Shape({
    required: List(Shape({ training: Training, version: Version, since: Moment, by: Id }), 20),
    people: List(Shape({ person: Id, name: Text(120), trainings: List(Standing, 20) }), 10_000),
  }),
  fails: {},
})

export const requireTraining = endpoint({
  name: 'compliance.training.require',
  method: 'PUT',
  path: '/api/v1/training/required',
  summary:
    'Asks everybody whose work it concerns for a training, or for a new version of it, from now on; without a version it is asked for no longer.',
  takes: Shape({ training: Training, version: Maybe(Version) }),
  gives: Shape({}),
  fails: {},
})

export const recordTraining = endpoint({
  name: 'compliance.training.record',
  method: 'POST',
  path: '/api/v1/training/done',
  summary: 'Records that somebody has done a training: which version, on which day. Repeated under the same id it is the same record.',
  takes: Shape({ completion: Id, person: Id, training: Training, version: Version, on: Day }),
  gives: Shape({}),
  fails: {
    'own-training': {
      status: 409,
      what: 'This is your own training; another officer records it.',
      next: 'Nothing was recorded. Only who is the one officer of the organisation records their own.',
    },
    'other-version': {
      status: 409,
      what: 'This training is not asked for in this version.',
      next: 'Nothing was recorded. Load the page again to see which version is asked for now.',
    },
    'in-future': {
      status: 422,
      what: 'This day has not come yet.',
      next: 'Nothing was recorded. Choose the day on which the training was done.',
    },
    'id-taken': {
      status: 409,
      what: 'Something else was recorded under this id.',
      next: 'Nothing was recorded. Begin again.',
    },
  },
})

export const trainingRequired = fact({
  kind: 'compliance.training.required',
  payload: Shape({ training: Training, version: Maybe(Version) }),
  says: 'changed which training is asked for',
})

export const trainingRecorded = fact({
  kind: 'compliance.training.recorded',
  payload: Shape({ completion: Id, person: Id, training: Training, version: Version, on: Day }),
  says: 'recorded that somebody has done a training',
})
