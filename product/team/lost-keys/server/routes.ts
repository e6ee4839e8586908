import { CryptoError, encodeStatement, parse, identity, toBase64url } from '@wardline/crypto'
import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { newId, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Caller, Ctx, Route } from '@wardline/platform/server'
import { notify } from '@wardline/product/access/mfa/server'
import { may } from '@wardline/product/access/roles/preview'
import { can } from '@wardline/product/access/roles/server'
import { deviceBound } from '@wardline/product/access/sessions/contract'
import {
  deviceEnrolled,
  deviceListChanged,
  deviceRevoked,
  identityChanged,
  userKeyChanged,
  vaultChanged,
} from '@wardline/product/team/devices/contract'
import { administratorIds, bytesOf, enrolAnew, isActiveDevice, lockKeyPerson, newestKeys } from '@wardline/product/team/devices/server'
import type { Admission, Conversations } from '@wardline/product/team/devices/server'
import {
  askNewIdentity,
  newIdentities,
  newIdentityAsked,
  newIdentityConfirmed,
  newIdentitySigned,
  newIdentityStopped,
  newIdentityUsed,
  signNewIdentity,
  stopNewIdentity,
  useNewIdentity,
} from '../contract.ts'
import { lifeOf } from './life.ts'
import type { Life } from './life.ts'
import { lostKeysPolicy } from '../preview.ts'
import { countSigners, stateOf } from '../rules.ts'
import { close, closeEarlier, hasSigned, insertRequest, lockRequest, openRequests, personOf } from './queries.ts'
import { sign } from './sign.ts'
import type { NewIdentityRow } from './tables.ts'

/** The routes; what hangs on devices, and who else decides what may be one, lies above. */
export const routesWith = (conversations: Conversations, admission: Admission): readonly Route[] => [
  serve(newIdentities, {
    who: can('colleague.read'),
    audit: { none: 'public keys of colleagues, and who signs them' },
    phi: 'none',
    run: (ctx) =>
      ctx.read(async (db) => {
        const administrators = await administratorIds(db)
        const requests: GivesOf<typeof newIdentities>['requests'] = []
        for (const row of await openRequests(db, ctx.caller.person)) {
          if (!isShown(row, ctx.caller)) continue
          const life = isConcerned(row, ctx.caller) ? await lifeOf(db, row) : null
          requests.push(shown(row, ctx.caller, life, administrators, row.now.getTime()))
        }
        return { requests, signers: administrators.size }
      }),
  }),
  serve(askNewIdentity, {
    who: can('team.device.enrol'),
    audit: newIdentityAsked,
    phi: 'none',
    limit: { most: 10, seconds: 3_600 },
    run: ask,
  }),
  serve(signNewIdentity, {
    who: can('identity.sign'),
    audit: [newIdentitySigned, newIdentityConfirmed],
    phi: 'none',
    limit: { most: 30, seconds: 60 },
    run: (ctx, body, { request }) => sign(ctx, request, body),
  }),
  serve(stopNewIdentity, {
    who: signedIn,
    audit: newIdentityStopped,
    phi: 'none',
    run: (ctx, _body, { request }) => stop(ctx, request),
  }),
  serve(useNewIdentity, {
    who: can('team.device.enrol'),
    audit: [identityChanged, deviceListChanged, deviceEnrolled, userKeyChanged, vaultChanged, deviceRevoked, deviceBound, newIdentityUsed],
    phi: 'none',
    largest: 256 * 1024,
    limit: { most: 20, seconds: 60 },
    run: (ctx, body, { request }) => use(ctx, conversations, admission, request, body),
  }),
]

const mayStop = (row: Pick<NewIdentityRow, 'person'>, caller: Caller): boolean =>
  row.person === caller.person || may(caller.roles, 'identity.stop').yes

/** The person, and whoever signs or stops. */
const isConcerned = (row: NewIdentityRow, caller: Caller): boolean => mayStop(row, caller) || may(caller.roles, 'identity.sign').yes

/** What nobody has signed is nobody else's concern. */
const isShown = (row: NewIdentityRow, caller: Caller): boolean => row.signed_by !== null || isConcerned(row, caller)

const shown = (
  row: NewIdentityRow,
  caller: Caller,
  life: Life | null,
  administrators: ReadonlySet<string>,
  now: number,
): GivesOf<typeof newIdentities>['requests'][number] => {
  const by = [row.signed_by, row.confirmed_by].filter((it) => it !== null)
  const effectiveAt = row.effective_at?.getTime() ?? null
  return {
    request: row.request,
    person: row.person,
    identityKey: toBase64url(row.identity_key),
    state: stateOf({ signedBy: row.signed_by, confirmedBy: row.confirmed_by, effectiveAt }, now),
    askedAt: row.asked_at.getTime(),
    until: row.until.getTime(),
    by,
    couldSign: countSigners({ person: row.person, by }, administrators),
    effectiveAt,
    statement: row.statement && readable(row.statement),
    mine: row.person === caller.person,
    mayStop: mayStop(row, caller),
    devices: life,
  }
}

/** One that cannot be read keeps nobody from the others, nor from stopping it. */
function readable(statement: Uint8Array): string | null {
  try {
    return toBase64url(encodeStatement(parse(identity, statement)))
  } catch (thrown) {
    if (thrown instanceof CryptoError) return null
    throw thrown
  }
}

/** Needs no fresh proof and no device: it changes nothing until two administrators have signed and a day has passed. */
async function ask(ctx: Ctx, body: TakesOf<typeof askNewIdentity>): Promise<GivesOf<typeof askNewIdentity>> {
  const { person, device } = ctx.caller
  const identityKey = await bytesOf(body.identityKey)
  return ctx.write(async (tx) => {
    // One after the other: of two that ask at once the later one stands.
    await lockKeyPerson(tx, person)
    if (device !== null && (await isActiveDevice(tx, { person, device }))) throw refuse(askNewIdentity, 'has-device')
    if (!(await newestKeys(tx, person)).identity) throw refuse(askNewIdentity, 'no-identity')
    // What an administrator has signed is not put aside unseen: the person stops it first.
    if (await hasSigned(tx, person)) throw refuse(askNewIdentity, 'signed')
    await closeEarlier(tx, person)
    const request = newId()
    await insertRequest(tx, { request, person, identityKey, days: lostKeysPolicy.days })
    tx.announce(newIdentityAsked, { key: `person|${person}`, payload: { person, request } })
    await notify(tx, person, 'identity-asked')
    return { request }
  })
}

async function stop(ctx: Ctx, request: string): Promise<GivesOf<typeof stopNewIdentity>> {
  const { caller } = ctx
  return ctx.write(async (tx) => {
    const person = await personOf(tx, request)
    if (person === undefined || !mayStop({ person }, caller)) throw refuse(stopNewIdentity, 'not-found')
    if (!(await lockRequest(tx, request))) throw refuse(stopNewIdentity, 'over')
    await close(tx, { request, why: 'stopped', by: caller.person })
    tx.announce(newIdentityStopped, { key: `person|${person}`, payload: { person, request } })
    await notify(tx, person, 'identity-stopped', caller.person === person ? null : caller.person)
    return {}
  })
}

/** The person's own browser puts the new keys in place. Everything is judged again now: who signed, and that the day has passed. */
async function use(
  ctx: Ctx,
  conversations: Conversations,
  admission: Admission,
  request: string,
  body: TakesOf<typeof useNewIdentity>,
): Promise<GivesOf<typeof useNewIdentity>> {
  const { person } = ctx.caller
  return ctx.write(async (tx) => {
    if ((await personOf(tx, request)) !== person) throw refuse(useNewIdentity, 'not-found')
    const row = await lockRequest(tx, request)
    if (!row) throw refuse(useNewIdentity, 'over')
    const { statement, signed_at, effective_at } = row
    if (!statement || !signed_at || !effective_at || row.confirmed_by === null || tx.at < effective_at)
      throw refuse(useNewIdentity, 'too-early')
    if ((await lifeOf(tx, row)).work) throw refuse(useNewIdentity, 'keys-work')
    const replaces = { identity: statement, loggedAt: signed_at }
    const enrolled = await enrolAnew(tx, ctx, conversations, admission, { ...body, replaces })
    await close(tx, { request, why: 'used', by: person })
    tx.announce(newIdentityUsed, { key: `person|${person}`, payload: { person, request } })
    await notify(tx, person, 'identity-replaced')
    return enrolled
  })
}
