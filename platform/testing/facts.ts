import type pg from 'pg'
import { payloadOpener } from '../facts/after.ts'
import type { SealedPayload } from '../facts/after.ts'
import type { KeyLedger } from '../keys/ledger.ts'

/** A stored fact as a test looks at it; `payload` undefined where it was erased. */
export interface StoredFact {
  readonly key: string
  readonly actor: string | null
  // Whatever the kind says; a test knows which it asked for.
  readonly payload: Record<string, unknown> | undefined
}

/** The facts of a kind of an organisation, oldest first, opened; with `key` those of one thing. */
export async function factsOf(
  { owner, keys }: { readonly owner: pg.Client; readonly keys: Pick<KeyLedger, 'open'> },
  org: string,
  kind: string,
  key?: string,
): Promise<StoredFact[]> {
  const { rows } = await owner.query<SealedPayload & { key: string; actor: string | null }>(
    `select f.id, f.key, f.actor, f.box, f.place, p.data_key, p.sealed from fact f
     left join fact_payload p on p.org = f.org and p.fact = coalesce(f.box, f.id)
     where f.org = $1 and f.kind = $2 and f.key = coalesce($3, f.key) order by f.at, f.id`,
    [org, kind, key ?? null],
  )
  const open = payloadOpener(keys, org)
  return rows.map((row) => ({ key: row.key, actor: row.actor, payload: open(row)?.payload as Record<string, unknown> | undefined }))
}
