import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { monthOf, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { carried, carry } from '../contract.ts'
import { readStations } from './queries.ts'
import { changeCarried, deleteCarried, deleteSeals, putCarried, isOldCarried, putSeals, readCarried, readSeals } from './carried-queries.ts'
import { requireStanding } from './station.ts'

const halfContext = (person: string) => `carried|${person}`

/** What a person left for themselves, for their own session at this workstation and nobody else: the half of its key is released here. */
export async function readOwn(ctx: Ctx): Promise<GivesOf<typeof carried>> {
  const { workstation } = await requireStanding(ctx, carried)
  const { person, org } = ctx.caller
  return ctx.read(async (db) => {
    const [row, seals, stations] = [await readCarried(db, person), await readSeals(db, person), await readStations(db)]
    const sealedTo = new Map(row ? seals.map((it) => [it.workstation, it.seal]) : [])
    return {
      version: row?.version ?? 0,
      half: row ? ctx.keys.open(org, row.data_key, row.half, halfContext(person)).toString('base64url') : null,
      seal: sealedTo.get(workstation)?.toString('base64url') ?? null,
      sealed: row?.sealed.toString('base64url') ?? null,
      workstations: stations.map((it) => ({
        workstation: it.workstation,
        key: it.box_key.toString('base64url'),
        isSealed: sealedTo.has(it.workstation),
      })),
    }
  })
}

/** Keeps what a person seals for themselves. */
export async function keepOwn(ctx: Ctx, body: TakesOf<typeof carry>): Promise<GivesOf<typeof carry>> {
  const standing = await requireStanding(ctx, carry)
  // A step-up proves one act; it is the shift's full sign-in from which what is carried lasts.
  const provenAt = standing.began_at.getTime()
  const { person, org } = ctx.caller
  const { version } = body
  const sealed = Buffer.from(body.sealed, 'base64url')
  const kept = await ctx.write(async (tx) => {
    if ((await lockPerson(tx, person))?.active !== true) throw refuse(carry, 'signed-out')
    if (body.half === undefined) {
      // Who came back by PIN keeps on what they have; only a full sign-in makes it last longer.
      if (!(await changeCarried(tx, { person, version, sealed, provenAt }))) return false
    } else {
      const box = await ctx.keys.seal(
        { org, bucket: 'access', month: monthOf(tx.at) },
        Buffer.from(body.half, 'base64url'),
        halfContext(person),
      )
      if (!(await putCarried(tx, { person, version, dataKey: box.dataKey, half: box.sealed, sealed, provenAt }))) return false
      await deleteSeals(tx, { person })
    }
    // Said twice is said once.
    const seals = new Map(body.seals.map((it) => [it.workstation, Buffer.from(it.seal, 'base64url')]))
    if (seals.size > 0) await putSeals(tx, person, seals)
    return true
  })
  if (!kept) throw refuse(carry, 'stale-version')
  return { version: version + 1 }
}

/** The same, unless its person has proven themselves since it was looked for. */
export async function forgetOld(tx: Tx, person: string): Promise<boolean> {
  await lockPerson(tx, person)
  if (!(await isOldCarried(tx, person))) return false
  await forgetCarried(tx, person)
  return true
}

/** Nobody can open it any more: the server's half is gone. */
export async function forgetCarried(tx: Tx, person: string): Promise<void> {
  await deleteSeals(tx, { person })
  await deleteCarried(tx, person)
}
