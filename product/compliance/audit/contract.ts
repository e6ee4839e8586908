import { Count, endpoint, Id, List, Moment, Shape, Text, Type } from '@wardline/platform/contract'

/** The newest signed tree head, as devices put it into their message headers. */
export const newestCheckpointOf = endpoint({
  name: 'compliance.audit.checkpoint',
  method: 'GET',
  path: '/api/v1/audit/checkpoint',
  summary: "The newest signed checkpoint of the organisation's log (C2SP tlog-checkpoint), or null before the first",
  takes: Shape({}),
  gives: Shape({ checkpoint: Type.Union([Shape({ size: Count, note: Text(4_000), at: Moment }), Type.Null()]) }),
  fails: {},
})

/** Proof that a later checkpoint's log begins with an earlier one's. */
export const consistencyProof = endpoint({
  name: 'compliance.audit.consistency',
  method: 'GET',
  path: '/api/v1/audit/consistency',
  summary: 'Consistency proof between two sizes of the log (RFC 9162 2.1.4)',
  takes: Shape({ from: Type.String({ pattern: '^\\d{1,15}$' }), to: Type.String({ pattern: '^\\d{1,15}$' }) }),
  gives: Shape({ proof: List(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }), 64) }),
  fails: {
    'no-such-size': {
      status: 422,
      what: 'The log has no such sizes.',
      next: 'Nothing was changed. Ask between 1 and the size of the newest checkpoint.',
    },
  },
})

/** One entry in plain words. */
export const AuditEntry = Shape({
  index: Count,
  at: Moment,
  kind: Text(120),
  says: Text(300),
  actor: Type.Union([Id, Type.Null()]),
  actorName: Type.Union([Text(200), Type.Null()]),
  subjects: List(Id, 5_000),
  erased: Type.Boolean(),
})

/** The audit viewer's list. */
export const auditEntries = endpoint({
  name: 'compliance.audit.entries',
  method: 'GET',
  path: '/api/v1/audit/entries',
  summary: 'Entries of the log, newest first, in plain words',
  takes: Shape({
    before: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9]|[1-9]\\d|1\\d\\d|200)$' })),
  }),
  gives: Shape({ entries: List(AuditEntry, 200), size: Count }),
  fails: {},
})
