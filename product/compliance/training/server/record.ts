import type { Tx } from '@wardline/platform/db'
import { lockPerson } from '@wardline/product/access/provisioning/server'
import { may, roleNames } from '@wardline/product/access/roles/server'
import { trainingRecorded, trainingRequired } from '../contract.ts'
import type { Training } from '../words.ts'
import { findDone, hasOther, insertDone, insertRequired, isAhead, lockOrganisation, readRequired } from './queries.ts'

/** Asks for a training in this version from now on; null: no longer. Asking for what is asked for changes nothing. */
export async function ask(tx: Tx, training: Training, version: string | null): Promise<void> {
  await lockOrganisation(tx)
  const before = (await readRequired(tx)).find((it) => it.training === training)
  if ((before?.version ?? null) === version) return
  await insertRequired(tx, training, version, before)
  tx.announce(trainingRequired, { key: `training|${training}`, payload: { training, version } })
}

/** A completion as an officer records it; `on` is a day YYYY-MM-DD of the organisation's calendar. */
export interface Completion {
  readonly completion: string
  readonly person: string
  readonly training: Training
  readonly version: string
  readonly on: string
}

/** Roles that may record, by the matrix. */
const recorders = roleNames.filter((role) => may([role], 'training.record').yes)

/** Records a completion; why it is not recorded; undefined: there is no such person. */
export async function record(
  tx: Tx,
  recorder: string,
  it: Completion,
): Promise<'recorded' | 'own-training' | 'other-version' | 'in-future' | 'id-taken' | undefined> {
  const person = await lockPerson(tx, it.person)
  if (!person?.active) return undefined
  // Nobody is their own witness where there is another.
  if (it.person === recorder && (await hasOther(tx, recorder, recorders))) return 'own-training'
  const known = await findDone(tx, it.completion)
  if (known)
    return known.person === it.person && known.training === it.training && known.version === it.version && known.done_on === it.on
      ? 'recorded'
      : 'id-taken'
  if ((await readRequired(tx)).find((one) => one.training === it.training)?.version !== it.version) return 'other-version'
  if (await isAhead(tx, it.on)) return 'in-future'
  if (!(await insertDone(tx, it))) return 'id-taken'
  tx.announce(trainingRecorded, {
    key: `person|${it.person}`,
    payload: { completion: it.completion, person: it.person, training: it.training, version: it.version, on: it.on },
  })
  return 'recorded'
}
