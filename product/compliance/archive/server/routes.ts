import { recordRead, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import * as contract from '../contract.ts'
import { approve, refuseRequest } from './decide.ts'
import { find, list, openings } from './read.ts'
import { release } from './release.ts'
import { request } from './request.ts'

export const routes: readonly Route[] = [
  serve(contract.findConversations, { who: can('archive.request'), audit: recordRead, phi: 'reads', run: find }),
  serve(contract.requestOpening, {
    who: can('archive.request'),
    audit: contract.openingRequested,
    phi: 'none',
    // A signed statement may name some thousand epochs.
    largest: 512 * 1024,
    limit: { most: 60, seconds: 3_600 },
    run: request,
  }),
  serve(contract.listRequests, {
    who: can('archive.approve'),
    audit: { none: 'requests are the officers’ own papers; each step is a fact' },
    phi: 'none',
    run: list,
  }),
  serve(contract.approveOpening, {
    who: can('archive.approve'),
    audit: contract.openingApproved,
    phi: 'none',
    // As large as the request that it repeats.
    largest: 512 * 1024,
    run: (ctx, body, { request: id }) => approve(ctx, id, body),
  }),
  serve(contract.refuseOpening, {
    who: can('archive.approve'),
    audit: contract.openingRefused,
    phi: 'none',
    run: (ctx, body, { request: id }) => refuseRequest(ctx, id, body.reason),
  }),
  serve(contract.releaseExport, {
    who: can('archive.request'),
    audit: contract.openingReleased,
    // What leaves is sealed: nobody can read it without the custodians' shares.
    phi: 'none',
    limit: { most: 30, seconds: 3_600 },
    run: (ctx, _body, { request: id }) => release(ctx, id),
  }),
  serve(contract.openingsOf, {
    who: signedIn,
    audit: { none: 'members see what was opened of their own conversation' },
    phi: 'none',
    run: (ctx, _body, { conversation }) => openings(ctx, conversation),
  }),
]
