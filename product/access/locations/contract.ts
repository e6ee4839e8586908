import { Count, endpoint, fact, Id, List, Shape, Text, Type } from '@wardline/platform/contract'

/** A place of the organisation. */
export const Location = Shape({
  location: Id,
  name: Text(120),
  zone: Text(60),
  /** The name that its texts to patients begin with, where the organisation's own would say too much. */
  senderName: Type.Union([Text(60), Type.Null()]),
  /** Records without a place of their own belong to it. */
  main: Type.Boolean(),
  /** How many people work there. */
  people: Count,
})

const Named = { name: Text(120), zone: Text(60), senderName: Type.Optional(Text(60)) }

const failures = {
  'bad-zone': {
    status: 422,
    what: 'There is no such time zone.',
    next: 'Nothing was saved. Choose a zone like America/Chicago.',
  },
  'name-taken': {
    status: 409,
    what: 'Another location has this name.',
    next: 'Nothing was saved. Choose another name.',
  },
} as const

export const listLocations = endpoint({
  name: 'access.locations.list',
  method: 'GET',
  path: '/api/v1/locations',
  summary: 'The organisation’s locations by name; empty while it has one place only.',
  takes: Shape({}),
  gives: Shape({ locations: List(Location, 500) }),
  fails: {},
})

export const addLocation = endpoint({
  name: 'access.locations.add',
  method: 'POST',
  path: '/api/v1/locations',
  summary: 'Adds a location. With the first one the place there was becomes the main location, where everybody works.',
  takes: Shape({ location: Id, ...Named }),
  gives: Shape({ location: Id }),
  fails: failures,
})

export const changeLocation = endpoint({
  name: 'access.locations.change',
  method: 'PUT',
  path: '/api/v1/locations/:location',
  summary: 'Changes a location’s name, zone and sender name.',
  takes: Shape(Named),
  gives: Shape({}),
  fails: failures,
})

export const closeLocation = endpoint({
  name: 'access.locations.close',
  method: 'POST',
  path: '/api/v1/locations/:location/close',
  summary: 'Closes a location: nobody works there any more, its units and records belong to the main location.',
  takes: Shape({}),
  gives: Shape({}),
  fails: {
    'is-main': {
      status: 409,
      what: 'The main location cannot be closed: records without a place of their own belong to it.',
      next: 'Nothing was changed. It can be renamed.',
    },
    'in-a-rule': {
      status: 409,
      what: 'Patients’ records are kept to networks for who works here: closed, that would bind them no more.',
      next: 'Nothing was changed. First have two people change the networks for patients’ records (Review, Networks).',
    },
  },
})

export const listWorkplaces = endpoint({
  name: 'access.locations.workplaces',
  method: 'GET',
  path: '/api/v1/locations/workplaces',
  summary: 'Who works where.',
  takes: Shape({}),
  gives: Shape({ people: List(Shape({ person: Id, locations: List(Id, 500) }), 10_000) }),
  fails: {},
})

export const setWorkplaces = endpoint({
  name: 'access.locations.set-workplaces',
  method: 'PUT',
  path: '/api/v1/people/:person/locations',
  summary:
    'Sets at which locations a colleague works. Out of the locations for which records are kept to networks they are moved once a second person agrees.',
  takes: Shape({ locations: List(Id, 500) }),
  /** Where they work now; `waits`: the move waits for a second person. */
  gives: Shape({ locations: List(Id, 500), waits: Type.Boolean() }),
  fails: {},
})

export const locationAdded = fact({ kind: 'access.location.added', payload: Shape({ location: Id }), says: 'added a location' })
export const locationChanged = fact({ kind: 'access.location.changed', payload: Shape({ location: Id }), says: 'changed a location' })
export const locationClosed = fact({ kind: 'access.location.closed', payload: Shape({ location: Id }), says: 'closed a location' })
export const workplacesSet = fact({
  kind: 'access.location.workplaces-set',
  payload: Shape({ person: Id, locations: List(Id, 500) }),
  says: 'said where a colleague works',
})
