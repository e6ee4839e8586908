import type { Db } from '@wardline/platform/db'
import { people } from '@wardline/product/access/provisioning/server'
import { may } from '@wardline/product/access/roles/server'
import type { Action } from '@wardline/product/access/roles/server'

/** Everybody whose roles let them do this. */
async function whoMay(db: Db, action: Action): Promise<string[]> {
  const found: string[] = []
  for (let after: string | null = null, more = true; more; more = after !== null) {
    const page = await people(db, after)
    found.push(...page.people.filter((it) => may(it.roles, action).yes).map((it) => it.id))
    after = page.next
  }
  return found
}

/** Whom an opening by `person` concerns: who may review it; where nobody else may, whoever adds people: an emergency is never told to nobody. */
export async function officersBeside(db: Db, person: string): Promise<string[]> {
  const reviewers = (await whoMay(db, 'break-glass.review')).filter((it) => it !== person)
  return reviewers.length > 0 ? reviewers : (await whoMay(db, 'person.create')).filter((it) => it !== person)
}
