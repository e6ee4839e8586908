import type { Tx } from '@wardline/platform/db'
import { monthOf } from '@wardline/platform/server'
import type { KeyLedger, Sealed } from '@wardline/platform/server'

/** Seals a typed text for as long as the organisation lasts. `context` ties it to its row. */
export const sealText = (keys: KeyLedger, tx: Tx, context: string, text: string): Promise<Sealed> =>
  keys.seal({ org: tx.org, bucket: 'access', month: monthOf(tx.at) }, Buffer.from(text), context)

/** Opens what `sealText` sealed. Throws KeyFailure. */
export const openText = (
  keys: KeyLedger,
  org: string,
  row: { readonly data_key: string; readonly sealed: Buffer },
  context: string,
): string => keys.open(org, row.data_key, row.sealed, context).toString('utf8')
