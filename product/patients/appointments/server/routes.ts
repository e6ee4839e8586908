import { isDay } from '@wardline/platform/contract'
import { recordRead, refuse, serve } from '@wardline/platform/server'
import type { Route } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { textQueued, textRefused } from '@wardline/product/patients/texting/contract'
import { mayReach, reachOf } from '@wardline/product/patients/roster/server'
import { deskOf } from '@wardline/product/patients/texting/server'
import type { TextingOptions } from '@wardline/product/patients/texting/server'
import { addVisit, cancelVisit, listVisits, previewReminders, sendReminders, visitAdded, visitCancelled } from '../contract.ts'
import { previewDay, remind } from './remind.ts'
import { visitsById } from './queries.ts'
import { book, cancel, visitsOn } from './visits.ts'

/** The routes of appointments. */
export const routesOf = (options: TextingOptions): readonly Route[] => [
  serve(listVisits, {
    who: can('appointment.read'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, { day }) => {
      if (!isDay(day)) throw refuse(listVisits, 'bad-request', { field: 'day' })
      const visits = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'appointment.read')
        return reached && visitsOn(db, ctx.keys, reached, day)
      })
      if (!visits) throw refuse(listVisits, 'not-found')
      ctx.saw(
        visits.map((it) => it.patient),
        'visits',
      )
      return { visits }
    },
  }),
  serve(addVisit, {
    who: can('appointment.edit'),
    audit: visitAdded,
    phi: 'writes',
    run: async (ctx, body) => {
      const booked = await ctx.write(async (tx) =>
        (await mayReach(tx, ctx.caller, 'appointment.edit', body.patient))
          ? book(tx, ctx.keys, { ...body, reason: body.reason ?? '' })
          : ('gone' as const),
      )
      if (booked === 'gone') throw refuse(addVisit, 'not-found')
      if (booked === 'in-the-past') throw refuse(addVisit, 'in-the-past', { field: 'startsAt' })
      return { visit: body.visit, created: booked.created }
    },
  }),
  serve(cancelVisit, {
    who: can('appointment.edit'),
    audit: visitCancelled,
    phi: 'none',
    run: async (ctx, _body, { visit }) => {
      const done = await ctx.write(async (tx) => {
        const [row] = await visitsById(tx, [visit])
        return row && (await mayReach(tx, ctx.caller, 'appointment.edit', row.patient)) && cancel(tx, deskOf(options, ctx), visit)
      })
      if (!done) throw refuse(cancelVisit, 'not-found')
      return {}
    },
  }),
  serve(previewReminders, {
    who: can('patient.reminder.send'),
    audit: recordRead,
    phi: 'reads',
    run: async (ctx, { day }) => {
      if (!isDay(day)) throw refuse(previewReminders, 'bad-request', { field: 'day' })
      const reminders = await ctx.read(async (db) => {
        const reached = await reachOf(db, ctx.caller, 'patient.reminder.send')
        return reached && previewDay(db, deskOf(options, ctx), reached, day, ctx.clock.ms())
      })
      if (!reminders) throw refuse(previewReminders, 'not-found')
      ctx.saw(
        reminders.map((it) => it.patient),
        'reminders',
      )
      return { reminders }
    },
  }),
  serve(sendReminders, {
    who: can('patient.reminder.send'),
    audit: [textQueued, textRefused],
    phi: 'none',
    run: async (ctx, { visits }) => {
      const reminders = []
      // One transaction each: two hundred lines are not locked at once, and what was sent stays sent.
      for (const visit of visits) {
        const reminder = await ctx.write(async (tx) => {
          const [row] = await visitsById(tx, [visit])
          // Of a patient who is not reached there is no visit.
          if (!row || !(await mayReach(tx, ctx.caller, 'patient.reminder.send', row.patient))) return undefined
          return remind(tx, deskOf(options, ctx), visit)
        })
        if (reminder) reminders.push(reminder)
      }
      return { reminders }
    },
  }),
]
