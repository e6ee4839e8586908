import { anyone, newId, refuse, serve } from '@wardline/platform/server'
import type { Caller, Ctx, RawReply, Route } from '@wardline/platform/server'
import { personDeactivated, personReactivated } from '@wardline/product/access/provisioning/contract'
import * as directory from '@wardline/product/access/directory-sync/contract'
import { addSource, readSources } from '@wardline/product/access/directory-sync/server'
import { roleGranted, roleWithdrawn } from '@wardline/product/access/roles/contract'
import { can } from '@wardline/product/access/roles/server'
import { newToken } from '@wardline/product/access/sessions/server'
import * as contract from '../contract.ts'
import { resourceTypes, schemas, serviceProviderConfig } from './about.ts'
import { changeGroup, createGroup, deleteGroup, listGroups, readGroup } from './groups.ts'
import { goodTokens, insertToken, setEnded } from './queries.ts'
import type { TokenRow } from './queries.ts'
import type { Asker } from './requests.ts'
import { answer, listReply, reply, wantedOf } from './requests.ts'
import { changeUser, createUser, deleteUser, listUsers, readUser } from './users.ts'

type Open = Ctx<Caller | null>

const who = anyone('a directory shows the organisation’s bearer token, which is looked up before anything else')
// A first synchronisation is thousands of requests from one address.
const shared = { who, phi: 'none', limit: { most: 6_000, seconds: 60 }, largest: 1024 * 1024 } as const
const nothing = { none: 'shows colleagues to their own directory' } as const
const people = [
  directory.personJoined,
  directory.personChanged,
  directory.personLeft,
  directory.feedHalted,
  personDeactivated,
  personReactivated,
]
const groups = [directory.personChanged, directory.officeSpared, roleGranted, roleWithdrawn]

const present = (row: TokenRow) => ({
  id: row.token,
  label: row.label,
  madeAt: row.made_at.getTime(),
  until: row.until.getTime(),
  lastUsedAt: row.last_used_at?.getTime() ?? null,
})

/** The routes of SCIM, and of the administrator's tokens. */
export function routesWith(publicOrigin: () => string): readonly Route[] {
  const ask = (ctx: Open, run: (asker: Asker) => Promise<RawReply>) => answer(ctx, publicOrigin(), run)
  const whole = { filter: null, after: 0, most: 200 }
  return [
    serve(contract.config, {
      ...shared,
      audit: nothing,
      run: (ctx) => ask(ctx, async ({ base }) => reply(200, serviceProviderConfig(base))),
    }),
    serve(contract.schemas, {
      ...shared,
      audit: nothing,
      run: (ctx) => ask(ctx, async ({ base }) => listReply(schemas(base) as never, whole)),
    }),
    serve(contract.resourceTypes, {
      ...shared,
      audit: nothing,
      run: (ctx) => ask(ctx, async ({ base }) => listReply(resourceTypes(base) as never, whole)),
    }),
    serve(contract.listUsers, {
      ...shared,
      audit: nothing,
      run: (ctx, query) => ask(ctx, async (it) => listUsers(ctx, it, wantedOf(query))),
    }),
    serve(contract.createUser, { ...shared, audit: people, run: (ctx) => ask(ctx, (it) => createUser(ctx, it)) }),
    serve(contract.readUser, { ...shared, audit: nothing, run: (ctx, _q, { user }) => ask(ctx, (it) => readUser(ctx, it, user)) }),
    serve(contract.replaceUser, {
      ...shared,
      audit: people,
      run: (ctx, _b, { user }) => ask(ctx, (it) => changeUser(ctx, it, user, 'replace')),
    }),
    serve(contract.patchUser, {
      ...shared,
      audit: people,
      run: (ctx, _b, { user }) => ask(ctx, (it) => changeUser(ctx, it, user, 'patch')),
    }),
    serve(contract.deleteUser, { ...shared, audit: people, run: (ctx, _q, { user }) => ask(ctx, (it) => deleteUser(ctx, it, user)) }),
    serve(contract.listGroups, {
      ...shared,
      audit: nothing,
      run: (ctx, query) => ask(ctx, async (it) => listGroups(ctx, it, wantedOf(query))),
    }),
    serve(contract.createGroup, { ...shared, audit: groups, run: (ctx) => ask(ctx, (it) => createGroup(ctx, it)) }),
    serve(contract.readGroup, { ...shared, audit: nothing, run: (ctx, _q, { group }) => ask(ctx, (it) => readGroup(ctx, it, group)) }),
    serve(contract.replaceGroup, {
      ...shared,
      audit: groups,
      run: (ctx, _b, { group }) => ask(ctx, (it) => changeGroup(ctx, it, group, 'replace')),
    }),
    serve(contract.patchGroup, {
      ...shared,
      audit: groups,
      run: (ctx, _b, { group }) => ask(ctx, (it) => changeGroup(ctx, it, group, 'patch')),
    }),
    serve(contract.deleteGroup, { ...shared, audit: groups, run: (ctx, _q, { group }) => ask(ctx, (it) => deleteGroup(ctx, it, group)) }),
    serve(contract.tokens, {
      who: can('directory.read'),
      audit: { none: 'when tokens were used, never the tokens' },
      phi: 'none',
      run: async (ctx) => ({ baseUrl: `${publicOrigin()}/scim/v2`, tokens: (await ctx.read(goodTokens)).map(present) }),
    }),
    serve(contract.issueToken, {
      who: can('directory.set'),
      audit: [contract.tokenIssued, directory.sourceChanged],
      phi: 'none',
      run: (ctx, { label }) =>
        ctx.write(async (tx) => {
          if ((await goodTokens(tx)).length >= 2) throw refuse(contract.issueToken, 'too-many-tokens')
          const feed = (await readSources(tx)).find((it) => it.kind === 'scim')
          const source = feed?.source ?? (await addSource(tx, { kind: 'scim', label: 'SCIM' }))
          const secret = newToken(tx.org)
          const token = newId()
          const row = await insertToken(tx, { token, source, hash: secret.hash, label })
          tx.announce(contract.tokenIssued, { key: `scim|${token}`, payload: { token, until: row.until.getTime() } })
          return { token: present({ token, source, label, ...row, last_used_at: null }), secret: secret.text }
        }),
    }),
    serve(contract.endToken, {
      who: can('directory.set'),
      audit: contract.tokenEnded,
      phi: 'none',
      run: async (ctx, _body, { token }) => {
        await ctx.write(async (tx) => {
          if (!(await setEnded(tx, token))) throw refuse(contract.endToken, 'not-found')
          tx.announce(contract.tokenEnded, { key: `scim|${token}`, payload: { token } })
        })
        return {}
      },
    }),
  ]
}
