import { anyone, installationOrg, RawReply, refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { bySystem } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { sessionStarted } from '@wardline/product/access/sessions/contract'
import { signInSucceeded } from '@wardline/product/access/sign-in/contract'
import * as contract from '../contract.ts'
import { beginAt, oursOf } from './begin.ts'
import type { SsoPorts } from './begin.ts'
import { addConnection, changeConnection, listConnections, readMetadata, setDemand, testConnection } from './connections.ts'
import { finishHere, orgOf, takeResponse } from './finish.ts'
import { deleteLink, findOffers, linksOf } from './queries.ts'
import { ourMetadata } from './saml.ts'

// A hospital changes shifts behind one address.
const limit = { most: 600, seconds: 60 }

/** The routes of signing in at a provider. */
export const routesWith = (ports: SsoPorts): readonly Route[] => [
  serve(contract.offers, {
    who: anyone('the sign-in page shows where one can sign in'),
    audit: { none: 'names of connections that the organisation shows' },
    phi: 'none',
    limit,
    run: async (ctx, { address }) => ({
      offers: (await ctx.db.read(installationOrg, (db) => findOffers(db, address ?? null))).map(({ connection, label, address: word }) => ({
        connection,
        label,
        address: word,
      })),
    }),
  }),
  serve(contract.begin, {
    who: anyone('leaving for the organisation’s provider is how a session begins'),
    audit: { none: 'what comes of it is told when the browser comes back' },
    phi: 'none',
    limit,
    run: async (ctx, { connection, place }) => {
      const org = await orgOf(ctx, connection)
      if (org === null) throw refuse(contract.begin, 'no-connection')
      return beginAt(ctx, ports, { org, connection, purpose: 'sign-in', place: place ?? 'private', by: bySystem })
    },
  }),
  serve(contract.beginLink, {
    who: signedIn,
    audit: { none: 'the link is told when it is made' },
    phi: 'none',
    run: (ctx, { connection }) => beginAt(ctx, ports, { org: ctx.caller.org, connection, purpose: 'link', place: 'private', by: ctx.by }),
  }),
  serve(contract.finish, {
    who: anyone('the provider’s answer, in the browser that asked for it, is how a session begins'),
    audit: [contract.proven, contract.refused, contract.linked, contract.tested, signInSucceeded, sessionStarted, contract.exemptionUsed],
    phi: 'none',
    limit,
    run: (ctx, body) => finishHere(ctx, ports, body),
  }),
  serve(contract.assertionConsumer, {
    who: anyone('the provider’s form is posted by a browser that cannot send our cookie; its signature is verified'),
    audit: contract.refused,
    phi: 'none',
    limit,
    largest: 256 * 1024,
    run: (ctx, _body, { connection }) => takeResponse(ctx, ports, connection),
  }),
  serve(contract.metadata, {
    who: anyone('what a provider is told of this service holds no secret'),
    audit: { none: 'public addresses' },
    phi: 'none',
    limit,
    run: async (ctx, _body, { connection }) => {
      if ((await orgOf(ctx, connection)) === null) throw refuse(contract.metadata, 'not-found')
      const ours = oursOf(ports.publicOrigin(), connection)
      return new RawReply(200, 'application/samlmetadata+xml', ourMetadata({ audience: ours.entityId, acs: ours.assertionUrl }))
    },
  }),
  serve(contract.connections, {
    who: can('directory.read'),
    audit: { none: 'the organisation’s own settings, without secrets' },
    phi: 'none',
    run: (ctx) => ctx.read((db) => listConnections(db, ports.publicOrigin())),
  }),
  serve(contract.addConnection, {
    who: can('directory.set'),
    audit: contract.connectionChanged,
    phi: 'none',
    run: (ctx, body) => ctx.write((tx) => addConnection(tx, ctx.keys, ports.publicOrigin(), body)),
  }),
  serve(contract.changeConnection, {
    who: can('directory.set'),
    audit: contract.connectionChanged,
    phi: 'none',
    run: (ctx, body, { connection }) => ctx.write((tx) => changeConnection(tx, ctx.keys, ports.publicOrigin(), connection, body)),
  }),
  serve(contract.readMetadata, {
    who: can('directory.set'),
    audit: { none: 'stores nothing' },
    phi: 'none',
    limit: { most: 30, seconds: 60 },
    run: (_ctx, body) => readMetadata(ports, body),
  }),
  serve(contract.testConnection, {
    who: can('directory.set'),
    audit: { none: 'the whole trial is told when the browser comes back' },
    phi: 'none',
    limit: { most: 30, seconds: 60 },
    run: (ctx, _body, { connection }) => testConnection(ctx, ports, connection),
  }),
  serve(contract.setDemand, {
    who: can('directory.set'),
    audit: contract.demandChanged,
    phi: 'none',
    run: async (ctx, body) => {
      await ctx.write((tx) => setDemand(tx, body))
      return {}
    },
  }),
  serve(contract.myLinks, {
    who: signedIn,
    audit: { none: 'shows a person their own links' },
    phi: 'none',
    run: async (ctx) => ({
      links: (await ctx.read((db) => linksOf(db, ctx.caller.person))).map((row) => ({
        connection: row.connection,
        label: row.label,
        linkedAt: row.linked_at?.getTime() ?? null,
      })),
    }),
  }),
  serve(contract.endLink, {
    who: signedIn,
    audit: contract.unlinked,
    phi: 'none',
    run: async (ctx, _body, { connection }) => {
      const { person } = ctx.caller
      await ctx.write(async (tx) => {
        if (!(await deleteLink(tx, connection, person))) throw refuse(contract.endLink, 'not-found')
        tx.announce(contract.unlinked, { key: `person|${person}`, payload: { person, connection } })
      })
      return {}
    },
  }),
]
