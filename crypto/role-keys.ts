import type { Bytes, Uuid } from './bytes.ts'
import { NONE, concat, equal, random, u64, uuidToBytes } from './bytes.ts'
import { refuse } from './errors.ts'
import { sha256 } from './hash.ts'
import type { BoxKey, BoxPublicKey, DeviceKeys, SealContext } from './keys.ts'
import { boxKeyOf, keyIdOf, openWith, sealTo } from './keys.ts'
import type { RoleHolder, RoleKey } from './statements/role-key.ts'
import { roleKey } from './statements/role-key.ts'
import type { PublicPerson } from './statements/signers.ts'
import type { Statement } from './statements/statement.ts'
import { addSignature, after, draft } from './statements/statement.ts'

type Generation = Pick<RoleKey, 'organisation' | 'role' | 'generation'> & BoxPublicKey

const contextOf = (g: Generation): SealContext => ({
  hash: sha256(concat(uuidToBytes(g.organisation), uuidToBytes(g.role), u64(g.generation), keyIdOf(g))),
})

const openRaw = async (statement: Statement<RoleKey>, boxes: readonly BoxKey[]): Promise<Bytes | null> => {
  for (const holder of statement.body.holders) {
    const box = boxes.find((b) => equal(b.keyId, holder.keyId))
    if (!box) continue
    const raw = await openWith(box, 'wl1 role member', contextOf(statement.body), holder.seal)
    return equal((await boxKeyOf(raw)).publicKey, statement.body.publicKey) ? raw : refuse('bad-commitment', 'role key')
  }
  return null
}

/** Who shall hold a role's key: the eligible, and the managers who can read without being able to take over. */
export type RoleInput = {
  readonly organisation: Uuid
  readonly role: Uuid
  readonly time: number
  readonly author: { readonly person: Uuid; readonly device: DeviceKeys; readonly boxes: readonly BoxKey[] }
  readonly prev: Statement<RoleKey> | null
  readonly eligible: readonly PublicPerson[]
  readonly managers: readonly PublicPerson[]
}

type Wanted = { readonly person: PublicPerson; readonly keyId: Bytes; readonly eligible: boolean }

const wantedHolders = (input: RoleInput): readonly Wanted[] => {
  const eligible = new Set(input.eligible.map((p) => p.person))
  return [...input.eligible, ...input.managers.filter((m) => !eligible.has(m.person))].map((person) => ({
    person,
    keyId: keyIdOf(person.userKey.body),
    eligible: eligible.has(person.person),
  }))
}

const allStay = (prev: RoleKey, wanted: readonly Wanted[]): boolean =>
  prev.holders.every((h) => wanted.some((w) => w.person.person === h.person && equal(w.keyId, h.keyId) && w.eligible === h.eligible))

/**
 * Writes a role's next eligibility statement. As long as nobody leaves and no user key changed, the key stays and newcomers get it sealed;
 * otherwise a new generation is drawn, with a link to the one before where the author can open that.
 */
export const writeRoleKey = async (input: RoleInput): Promise<Statement<RoleKey>> => {
  const { organisation, role, prev, author } = input
  const wanted = wantedHolders(input)
  const before = prev ? await openRaw(prev, author.boxes) : null
  const kept = prev && before && allStay(prev.body, wanted) ? { raw: before, prev: prev.body } : null
  const raw = kept ? kept.raw : random(32)
  const box = await boxKeyOf(raw)
  const generation = kept ? kept.prev.generation : (prev?.body.generation ?? 0) + 1
  const context = contextOf({ organisation, role, generation, suite: box.suite, publicKey: box.publicKey })
  const link = kept ? kept.prev.link : before ? await sealTo(box, 'wl1 role link', context, before) : NONE
  const holders: readonly RoleHolder[] = await Promise.all(
    wanted.map(async ({ person, keyId, eligible }) => {
      const seal = await sealTo(person.userKey.body, 'wl1 role member', context, raw)
      return { person: person.person, keyId, eligible, seal }
    }),
  )
  const body = {
    ...after(prev, organisation, input.time),
    role,
    generation,
    suite: box.suite,
    publicKey: box.publicKey,
    link,
    holders,
    author: { person: author.person, device: author.device.device },
  }
  return addSignature(draft(roleKey, body), author.device.signing)
}

/**
 * The role's keys that a holder can reach, newest first. `older` says why the earlier generations end where they do: all are there, the
 * manager of a later one made no link, or a link is wrong, which is an alarm but does not cost the newest key.
 */
export type RoleKeys = { readonly boxes: readonly BoxKey[]; readonly older: 'all' | 'unlinked' | 'broken' }

const openLink = async (above: BoxKey, statement: RoleKey, before: RoleKey): Promise<BoxKey | null> => {
  const raw = await openWith(above, 'wl1 role link', contextOf(statement), statement.link).catch(() => null)
  const box = raw && (await boxKeyOf(raw))
  return box && before.generation === statement.generation - 1 && equal(box.publicKey, before.publicKey) ? box : null
}

/**
 * Opens a role from the newest verified statement of each generation, newest first. Throws `not-entitled` for one who holds no seal,
 * `bad-commitment` for a key that is not the stated one.
 */
export const openRoleKeys = async (statements: readonly Statement<RoleKey>[], boxes: readonly BoxKey[]): Promise<RoleKeys> => {
  const [newest, ...older] = statements
  const raw = newest && (await openRaw(newest, boxes))
  if (!newest || !raw) return refuse('not-entitled', 'no seal of this role')
  let [body, box] = [newest.body, await boxKeyOf(raw)]
  const opened = [box]
  for (const before of older) {
    if (body.link.length === 0) return { boxes: opened, older: 'unlinked' }
    const found = await openLink(box, body, before.body)
    if (!found) return { boxes: opened, older: 'broken' }
    ;[body, box] = [before.body, found]
    opened.push(box)
  }
  return { boxes: opened, older: 'all' }
}
