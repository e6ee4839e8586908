import type { GivesOf, TakesOf } from '@wardline/platform/contract'
import { refuse } from '@wardline/platform/server'
import type { Ctx, Db } from '@wardline/platform/server'
import { foldName, isSignInName } from '@wardline/product/access/provisioning/rules'
import { createPerson, findSignIn, issueEnrolment, ProvisioningRefused } from '@wardline/product/access/provisioning/server'
import { roleNames, needsSecond, RolesRefused } from '@wardline/product/access/roles/server'
import type { Role } from '@wardline/product/access/roles/server'
import { importPeople, peopleImported } from '../contract.ts'
import { judgeRow } from '../rules.ts'
import type { RowProblem } from '../words.ts'

type Rows = TakesOf<typeof importPeople>['rows']

/** What is wrong with each row, in their order; all empty: they can be imported. */
export async function problemsOf(db: Db, rows: Rows): Promise<RowProblem[][]> {
  const seen = new Set<string>()
  const problems: RowProblem[][] = []
  for (const row of rows) {
    const signInName = foldName(row.signInName)
    const isName = isSignInName(signInName)
    const facts = {
      name: row.name,
      signInName,
      roles: row.roles,
      isSignInName: isName,
      isTaken: isName && (await findSignIn(db, signInName)) !== undefined,
      isTwice: seen.has(signInName),
    }
    seen.add(signInName)
    const found = judgeRow(facts, roleNames, (role) => needsSecond(role as Role))
    // An auditor judges what the others do, and is none of them.
    if (row.roles.includes('auditor') && row.roles.length > 1) found.push('roles-exclude')
    problems.push(found)
  }
  return problems
}

/** Adds all of them or nobody, and gives each a one-time code. */
export async function addAll(ctx: Ctx, rows: Rows): Promise<GivesOf<typeof importPeople>> {
  try {
    return await ctx.write(async (tx) => {
      if ((await problemsOf(tx, rows)).some((found) => found.length > 0)) throw refuse(importPeople, 'rows-wrong')
      const added: GivesOf<typeof importPeople>['people'] = []
      for (const row of rows) {
        const signInName = foldName(row.signInName)
        const person = await createPerson(tx, { signInName, name: row.name.trim(), title: row.title, roles: row.roles as Role[] })
        added.push({ ...(await issueEnrolment(tx, person)), name: row.name.trim(), signInName })
      }
      tx.announce(peopleImported, { key: 'people', payload: { people: added.map((it) => it.person) } })
      return { people: added }
    })
  } catch (thrown) {
    // Whoever took a name between the check and now.
    if (thrown instanceof ProvisioningRefused || thrown instanceof RolesRefused) throw refuse(importPeople, 'rows-wrong')
    throw thrown
  }
}
