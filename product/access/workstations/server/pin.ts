import { monthOf, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { hashPassword, inTurn } from '@wardline/product/access/sign-in/server'
import { pinSet, setPin } from '../contract.ts'
import { judgePin } from '../rules.ts'
import { upsertPin } from './queries.ts'

/** What a sealed PIN is bound to. */
export const pinContext = (person: string) => `workstation_pin|${person}`

/** Sets one's own PIN. */
export async function setOwnPin(ctx: Ctx, pin: string): Promise<void> {
  const refused = judgePin(pin)
  if (refused) throw refuse(setPin, refused, { field: 'pin' })
  const hashed = await inTurn(() => hashPassword(pin))
  const { person, org } = ctx.caller
  await ctx.write(async (tx) => {
    if ((await lockPerson(tx, person))?.active !== true) throw refuse(setPin, 'signed-out')
    const box = await ctx.keys.seal({ org, bucket: 'access', month: monthOf(tx.at) }, Buffer.from(hashed), pinContext(person))
    await upsertPin(tx, person, box)
    tx.announce(pinSet, { key: `person|${person}`, payload: { person } })
  })
}
