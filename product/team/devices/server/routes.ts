import { anyone, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { deviceBound } from '@wardline/product/access/sessions/contract'
import {
  container,
  describeDevice,
  deviceEnrolled,
  deviceHeads,
  deviceListChanged,
  deviceLost,
  deviceNamed,
  deviceOrders,
  deviceRevoked,
  deviceWiped,
  deviceWipedItself,
  devicesOf,
  enrolDevice,
  identityChanged,
  keep,
  kept,
  myDevices,
  myVault,
  nameDevice,
  personIntroduced,
  putVault,
  reportLost,
  revokeDevice,
  setStorage,
  signInDevice,
  statementsOf,
  storageSet,
  trust,
  userKeyChanged,
  vaultChanged,
} from '@wardline/product/team/devices/contract'
import type { Admission } from './admission.ts'
import { describe, listOfColleague, listOwn, lose, orders, rename, wiped } from './care.ts'
import { hashText } from './judging.ts'
import { findDevice, statementsAfter } from './queries.ts'
import { mayRevoke, revoke } from './revoke.ts'
import type { Conversations } from './revoke.ts'
import { ask, keepOwn, readOwnKept, tellContainer } from './storage.ts'
import { readTrust } from './trust.ts'
import { changeVault, enrol, heldOf, readVault, signIn } from './vault.ts'

const mostStatements = 5_000
const changes = [identityChanged, deviceListChanged, deviceEnrolled, userKeyChanged, vaultChanged] as const

/** The routes; `conversations` is what lies above and hangs on devices, `admission` who else decides what may be one. */
export const routesWith = (conversations: Conversations, admission: Admission): readonly Route[] => [
  serve(myVault, {
    who: can('team.device.enrol'),
    audit: { none: 'gives a person their own vault, sealed to their own factors' },
    phi: 'none',
    limit: { most: 60, seconds: 60 },
    run: readVault,
  }),
  serve(enrolDevice, {
    who: can('team.device.enrol'),
    audit: [personIntroduced, ...changes, deviceBound],
    phi: 'none',
    largest: 256 * 1024,
    limit: { most: 20, seconds: 60 },
    run: (ctx, body) => enrol(ctx, conversations, admission, body),
  }),
  serve(putVault, {
    who: can('team.device.enrol'),
    audit: changes,
    phi: 'none',
    largest: 256 * 1024,
    limit: { most: 60, seconds: 60 },
    run: (ctx, body) => changeVault(ctx, conversations, body),
  }),
  serve(signInDevice, {
    who: can('team.device.enrol'),
    audit: deviceBound,
    phi: 'none',
    limit: { most: 60, seconds: 60 },
    run: (ctx, body, { device }) => signIn(ctx, admission, device, body),
  }),
  serve(revokeDevice, {
    who: can('team.device.revoke'),
    audit: [deviceRevoked, ...changes],
    phi: 'none',
    largest: 1024 * 1024,
    limit: { most: 30, seconds: 60 },
    run: (ctx, body, { device }) => revoke(ctx, conversations, device, body),
  }),
  serve(deviceHeads, {
    who: can('team.device.revoke'),
    audit: { none: 'hashes of sealed envelopes' },
    phi: 'none',
    run: (ctx, _body, { device }) =>
      ctx.read(async (db) => {
        const row = await findDevice(db, device)
        if (!row || !mayRevoke(ctx.caller, row.person)) throw refuse(deviceHeads, 'not-found')
        const heads = await conversations.headsOf(db, device)
        return { heads: heads.map((it) => ({ conversation: it.conversation, envelope: hashText(it.envelope) })) }
      }),
  }),
  serve(myDevices, {
    who: signedIn,
    audit: { none: 'shows a person their own devices' },
    phi: 'none',
    run: listOwn,
  }),
  serve(devicesOf, {
    who: can('team.device.revoke'),
    audit: { none: 'devices of colleagues are no patients; each report of a loss is a fact' },
    phi: 'none',
    run: (ctx, _query, { person }) => listOfColleague(ctx, person),
  }),
  serve(describeDevice, {
    who: can('team.device.enrol'),
    audit: { none: 'what a browser says of itself, and that it is here' },
    phi: 'none',
    run: (ctx, body, { device }) => describe(ctx, device, body),
  }),
  serve(container, {
    who: signedIn,
    audit: { none: 'what the organisation’s policy says to one’s own browser' },
    phi: 'none',
    run: tellContainer,
  }),
  serve(setStorage, {
    who: can('team.device.revoke'),
    audit: storageSet,
    phi: 'none',
    run: (ctx, body, { device }) => ask(ctx, device, body),
  }),
  serve(kept, {
    who: can('team.device.enrol'),
    audit: { none: 'gives a person what their own device left, sealed to their own factors' },
    phi: 'none',
    limit: { most: 60, seconds: 60 },
    run: (ctx, _query, { device }) => readOwnKept(ctx, device),
  }),
  serve(keep, {
    who: can('team.device.enrol'),
    audit: { none: 'a sealed text of one’s own device; nobody else opens it' },
    phi: 'none',
    largest: 640 * 1024,
    run: (ctx, body, { device }) => keepOwn(ctx, device, body),
  }),
  serve(nameDevice, {
    who: can('team.device.enrol'),
    audit: deviceNamed,
    phi: 'none',
    run: (ctx, body, { device }) => rename(ctx, device, body),
  }),
  serve(reportLost, {
    who: can('team.device.revoke'),
    audit: deviceLost,
    phi: 'none',
    run: (ctx, _body, { device }) => lose(ctx, device),
  }),
  serve(deviceOrders, {
    who: anyone('a lost device has no session; its own key proves it'),
    audit: { none: 'a device asks what it is to do; that it was lost and is wiped is told' },
    phi: 'none',
    limit: { most: 120, seconds: 60 },
    run: (ctx, body, { device }) => orders(ctx, device, body),
  }),
  serve(deviceWiped, {
    who: anyone('a wiped device has no session; its own key has signed the receipt'),
    audit: deviceWipedItself,
    phi: 'none',
    limit: { most: 120, seconds: 60 },
    run: (ctx, body, { device }) => wiped(ctx, device, body),
  }),
  serve(statementsOf, {
    who: can('colleague.read'),
    audit: { none: 'public keys of colleagues' },
    phi: 'none',
    largest: 256 * 1024,
    run: (ctx, body) =>
      ctx.read(async (db) => {
        const rows = await statementsAfter(db, body.people, mostStatements + 1)
        const given = rows.slice(0, mostStatements)
        return {
          people: body.people.map(({ person }) => ({ person, statements: given.filter((row) => row.person === person).map(heldOf) })),
          more: rows.length > mostStatements,
        }
      }),
  }),
  serve(trust, {
    who: signedIn,
    audit: { none: 'public keys of the organisation' },
    phi: 'none',
    run: (ctx) => ctx.read(readTrust),
  }),
]
