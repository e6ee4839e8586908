import { recordRead, refuse, serve, signedIn, payloadOpener } from '@wardline/platform/server'
import type { Ctx, Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { auditEntries, consistencyProof, newestCheckpointOf } from '../contract.ts'
import { entriesBefore, newestCheckpoint, nodesAt } from './queries.ts'
import { consistencyPlan, proofFrom } from './tree.ts'

/** The audit log's routes. `says` maps a kind of fact to its sentence. */
export const routes = (says: (kind: string) => string): readonly Route[] => [
  serve(newestCheckpointOf, { who: signedIn, audit: { none: 'a public value' }, phi: 'none', run: showCheckpoint }),
  serve(consistencyProof, {
    who: signedIn,
    audit: { none: 'a public value' },
    phi: 'none',
    run: async (ctx, query) => {
      const [from, to] = [Number(query.from), Number(query.to)]
      const proof = await ctx.read(async (db) => {
        const newest = await newestCheckpoint(db, db.org)
        if (from < 1 || from > to || to > (newest?.size ?? 0)) throw refuse(consistencyProof, 'no-such-size')
        const plan = consistencyPlan(from, to)
        const found = new Map((await nodesAt(db, db.org, plan.flat())).map((node) => [`${node.level}|${node.index}`, node.hash]))
        return proofFrom(plan, (place) => found.get(`${place.level}|${place.index}`))
      })
      return { proof: proof.map((hash) => Buffer.from(hash).toString('base64url')) }
    },
  }),
  serve(auditEntries, {
    who: can('audit.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, query) => {
      const limit = Number(query.limit ?? '50')
      const found = await ctx.read((db) =>
        entriesBefore(db, query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before), limit),
      )
      const open = payloadOpener(ctx.keys, ctx.caller.org)
      const entries = found.map((row) => {
        const payload = open(row)?.payload
        return {
          index: row.index,
          at: row.at.getTime(),
          kind: row.kind,
          says: says(row.kind),
          actor: row.actor,
          actorName: row.actor_name,
          subjects: subjectsOf(payload),
          erased: payload === undefined,
        }
      })
      // Looking at the log is itself looked at: the organisation's log is the subject.
      ctx.saw([ctx.caller.org], 'audit-log')
      return { entries, size: (entries[0]?.index ?? -1) + 1 }
    },
  }),
]

async function showCheckpoint(ctx: Ctx): Promise<{ checkpoint: { size: number; note: string; at: number } | null }> {
  const newest = await ctx.read((db) => newestCheckpoint(db, db.org))
  return { checkpoint: newest ? { size: newest.size, note: newest.note, at: newest.at.getTime() } : null }
}

/** The ids of people and patients that a payload names. */
function subjectsOf(payload: unknown): string[] {
  const { subjects, patient, person } = (payload ?? {}) as { subjects?: unknown; patient?: unknown; person?: unknown }
  return [...(Array.isArray(subjects) ? subjects : []), patient, person].filter((it): it is string => typeof it === 'string')
}
