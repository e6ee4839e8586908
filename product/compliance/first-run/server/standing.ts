import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import type { Caller } from '@wardline/platform/server'
import { recoveryCodesOf } from '@wardline/product/access/mfa/server'
import { passkeyStanding } from '@wardline/product/access/passkeys/server'
import { agreements, currentArchivePolicy, organisationKeys } from '@wardline/product/access/policies/server'
import { awaitingSignIn, people, readOrganisation } from '@wardline/product/access/provisioning/server'
import type { Colleague } from '@wardline/product/access/provisioning/server'
import { may } from '@wardline/product/access/roles/server'
import { activeChannel } from '@wardline/product/patients/texting/server'
import { keyPeople } from '@wardline/product/team/devices/server'
import type { firstRun } from '../contract.ts'
import { checklist, nextStep } from '../rules.ts'
import type { Found } from '../rules.ts'
import { readFirstRun, readMarks } from './queries.ts'

/** Everybody whose access has not ended. */
export async function everybody(db: Db): Promise<Colleague[]> {
  const found: Colleague[] = []
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof people>> = await people(db, after)
    found.push(...page.people)
    if (page.next === null) return found
    after = page.next
  }
}

/** Where the set-up stands for this caller. `now`: ms of the database; `origin`: where others reach this server. */
export async function standingOf(db: Db, caller: Caller, now: number, origin: string): Promise<GivesOf<typeof firstRun>> {
  const run = await readFirstRun(db)
  const organisation = await readOrganisation(db)
  const all = await everybody(db)
  const waiting = await awaitingSignIn(db)
  const passkeys = await passkeyStanding(db, caller)
  const { left } = await recoveryCodesOf(db, caller.person)
  const policy = await currentArchivePolicy(db)
  const [own] = await keyPeople(db, [caller.person])
  const agreed = (await agreements(db)).some((it) => it.kind === 'baa' && it.active)
  const channel = (await activeChannel(db)) !== undefined
  const holding = (role: string) => all.filter((it) => it.roles.includes(role as Colleague['roles'][number])).length
  const found: Found = {
    passkeysMet: passkeys.met,
    recoveryCodes: left,
    people: all.length,
    administrators: holding('administrator'),
    privacyOfficers: holding('privacy-officer'),
    securityOfficers: holding('security-officer'),
    waiting: waiting.length,
    hasArchive: policy !== null && policy.body.until > now,
    // Whoever writes to no colleague has no keys.
    ownKeys: own !== undefined || !may(caller.roles, 'team.conversation.read').yes,
    agreement: agreed,
    channel,
    isReachable: origin.startsWith('https://'),
  }
  const items = checklist(found, new Map((await readMarks(db)).map((row) => [row.step, row.mark])))
  return {
    begun: run !== undefined,
    finished: run?.finished_at != null,
    organisation: { id: organisation.org, name: organisation.name, zone: organisation.zone, preset: organisation.preset },
    items: items.map((it) => ({ ...it })),
    next: nextStep(items),
    hasRoot: (await organisationKeys(db)) !== null,
    passkeys: { have: passkeys.have, required: passkeys.required },
    recoveryCodes: left,
    people: all.slice(0, 1_000).map(({ id, name, roles }) => ({ person: id, name, roles: [...roles] })),
    waiting: waiting.slice(0, 1_000).map((row) => ({
      person: row.person,
      name: row.name,
      signInName: row.sign_in_name,
      until: row.until.getTime(),
    })),
    archive: policy ? { threshold: policy.body.threshold, custodians: policy.body.custodians.length, until: policy.body.until } : null,
    agreement: agreed,
    channel,
  }
}
