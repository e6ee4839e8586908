import type { Ctx } from '@wardline/platform/server'
import { readOrganisation, readPerson } from '@wardline/product/access/provisioning/server'
import { codeRefused } from '../contract.ts'
import { beginTotpOf } from './enrol.ts'
import { useCode } from './use-code.ts'

/** Begins the replacement of one's own authenticator by a code of the present one; null: the code is not right, and that was counted. */
export function beginReplacement(ctx: Ctx, code: string): Promise<{ uri: string; key: string } | null> {
  const { person } = ctx.caller
  return ctx.write(async (tx) => {
    const reason = await useCode(tx, ctx.keys, person, code)
    if (reason !== 'right') {
      tx.announce(codeRefused, { key: `person|${person}`, payload: { person, reason } })
      return null
    }
    const row = await readPerson(tx, person)
    const organisation = await readOrganisation(tx)
    return row ? beginTotpOf(tx, ctx.keys, { person, signInName: row.sign_in_name, organisation: organisation.name }) : null
  })
}
