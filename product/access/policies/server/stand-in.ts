import { createHmac } from 'node:crypto'

/**
 * Which of these organisations stands in for a name that nobody has: the one whose keyed hash with the name is the highest. Only who has the
 * installation's secret can tell, and an organisation more takes over names of its own and moves no other. Undefined: there is none.
 */
export function standInOf<Org extends { readonly org: string }>(secret: Uint8Array, name: string, orgs: readonly Org[]): Org | undefined {
  let best: { readonly org: Org; readonly weight: Buffer } | undefined
  for (const org of orgs) {
    const weight = createHmac('sha256', secret).update(`${org.org}|${name}`).digest()
    if (!best || weight.compare(best.weight) > 0) best = { org, weight }
  }
  return best?.org
}
