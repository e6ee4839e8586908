import { refuse, serve, signedIn } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { isDay } from '@wardline/platform/contract'
import * as contract from '../contract.ts'
import { readRequired } from './queries.ts'
import { ask, record } from './record.ts'
import { standingsOf } from './standings.ts'

export const routes: readonly Route[] = [
  serve(contract.ownTraining, {
    who: signedIn,
    audit: { none: 'shows a person their own trainings' },
    phi: 'none',
    run: async (ctx) => {
      const trainings = (await standingsOf(ctx, ctx.caller.org, [ctx.caller.person]))[0]?.trainings ?? []
      return { heldBack: trainings.some((it) => it.state === 'held-back'), trainings }
    },
  }),
  serve(contract.listTraining, {
    who: can('training.read'),
    audit: { none: 'shows officers who has done which training; no patient is in it' },
    phi: 'none',
    run: async (ctx) => {
      const required = (await ctx.read(readRequired)).flatMap(({ training, version, since, by }) =>
        version === null ? [] : [{ training, version, since: since.getTime(), by }],
      )
      return { required, people: await standingsOf(ctx, ctx.caller.org, null) }
    },
  }),
  serve(contract.requireTraining, {
    who: can('training.set'),
    audit: contract.trainingRequired,
    phi: 'none',
    run: async (ctx, { training, version }) => {
      const named = version === null ? null : version.trim()
      if (named === '') throw refuse(contract.requireTraining, 'bad-request', { field: 'version' })
      await ctx.write((tx) => ask(tx, training, named))
      return {}
    },
  }),
  serve(contract.recordTraining, {
    who: can('training.record'),
    audit: contract.trainingRecorded,
    phi: 'none',
    run: async (ctx, body) => {
      if (!isDay(body.on)) throw refuse(contract.recordTraining, 'bad-request', { field: 'on' })
      const done = await ctx.write((tx) => record(tx, ctx.caller.person, body))
      if (done === undefined) throw refuse(contract.recordTraining, 'not-found')
      if (done !== 'recorded') throw refuse(contract.recordTraining, done)
      return {}
    },
  }),
]
