import type { Db, Tx } from '@wardline/platform/db'
import { bySystem, newId } from '@wardline/platform/server'
import type { Database, KeyLedger, Live } from '@wardline/platform/server'
import { relationOf } from '@wardline/product/access/care/server'
import { figures } from '@wardline/product/access/policies/server'
import { people, readOrganisation, readPerson } from '@wardline/product/access/provisioning/server'
import { may } from '@wardline/product/access/roles/server'
import { alertRaised } from '../contract.ts'
import type { RuleName } from '../contract.ts'
import { isLook, nameOf, opensTooOften, plain, quietDays, unusual } from '../rules.ts'
import type { Named } from '../rules.ts'
import { insertFirst, insertLook, raise, readCounts } from './queries.ts'

/** What this feature takes from the features that know patients, given when the server is composed. */
export interface UnusualAccessPorts {
  /** Who these patients are; missing: not there, or not readable any more. */
  readonly namesOf: (db: Db, keys: KeyLedger, patients: readonly string[]) => Promise<ReadonlyMap<string, Named>>
}

/** What the listeners work with. */
export interface Watch {
  readonly db: Database
  readonly keys: KeyLedger
  readonly live: Live
  readonly ports: UnusualAccessPorts
}

interface Heard {
  readonly org: string
  readonly fact: string
  readonly person: string
  readonly at: Date
}

const whole = (it: Named): string => `${plain(it.given)} ${plain(it.family)}`

/** For how long the names of those who work somewhere are remembered, ms. */
const rememberMs = 10 * 60_000

/** Listens to who looked at whom. */
export function watcher(watch: Watch) {
  const staff = new Map<string, { readAt: number; names: ReadonlyMap<string, ReadonlySet<string>> }>()

  /** Who works here, by whole name. */
  async function staffNames(db: Db, now: number): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const known = staff.get(db.org)
    if (known && now >= known.readAt && now - known.readAt < rememberMs) return known.names
    const names = new Map<string, Set<string>>()
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page = await people(db, after)
      for (const it of page.people) {
        const name = whole(nameOf(it.name))
        names.set(name, (names.get(name) ?? new Set()).add(it.id))
      }
      after = page.next
    }
    staff.set(db.org, { readAt: now, names })
    return names
  }

  async function raiseAll(tx: Tx, it: Heard, patient: string, rules: readonly RuleName[]): Promise<void> {
    for (const rule of rules) {
      const about = rule === 'volume' || rule === 'break-glass' ? null : patient
      const raised = await raise(tx, { alert: newId(), person: it.person, rule, patient: about, fact: it.fact, at: it.at, quietDays })
      if (raised?.times !== 1) continue
      tx.announce(alertRaised, {
        key: `person|${it.person}`,
        payload: { alert: raised.alert, person: it.person, rule, patient: about },
      })
      tx.afterCommit(() => {
        for (const socket of watch.live.sockets({}))
          if (socket.caller.org === tx.org && may(socket.caller.roles, 'unusual-access.review').yes) socket.send({ t: 'unusual-access' })
      })
    }
  }

  return {
    /** Somebody was shown records; a list is no look. */
    async looked(it: Heard, screen: string, subjects: readonly string[]): Promise<void> {
      if (!isLook(screen, subjects)) return
      await watch.db.write(it.org, bySystem, async (tx) => {
        const known = await watch.ports.namesOf(tx, watch.keys, subjects)
        const person = await readPerson(tx, it.person)
        if (!person) return
        const viewer = nameOf(person.name)
        const { preset } = await readOrganisation(tx)
        const policy = await figures(tx)
        for (const patient of subjects) {
          const named = known.get(patient)
          // What is no patient (a thread of a number that nobody has) is no record of anybody.
          if (!named) continue
          const look = { ...it, patient, kind: 'look' } as const
          if ((await insertLook(tx, look)) === 0) continue
          await insertFirst(tx, look)
          const counts = await readCounts(tx, look)
          const { relation } = await relationOf(tx, it.person, patient)
          const namesakes = (await staffNames(tx, it.at.getTime())).get(whole(named))
          const broken = unusual(
            {
              viewer,
              patient: named,
              related: relation === 'related' || preset === 'practice',
              isFirst: counts.first,
              hour: counts.hour,
              nights: counts.nights,
              namesakeWorksHere: namesakes !== undefined,
              patientsThisHour: counts.patients,
            },
            { patientsPerHour: policy['unusual-access.patients-per-hour'] },
          )
          await raiseAll(tx, it, patient, broken)
        }
      })
    },
    /** Somebody opened a record in an emergency. */
    async opened(it: Heard, patient: string): Promise<void> {
      await watch.db.write(it.org, bySystem, async (tx) => {
        const look = { ...it, patient, kind: 'opening' } as const
        if ((await insertLook(tx, look)) === 0) return
        const { openings } = await readCounts(tx, look)
        const most = (await figures(tx))['unusual-access.openings-per-week']
        await raiseAll(tx, it, patient, opensTooOften(openings, most) ? ['break-glass'] : [])
      })
    },
  }
}
