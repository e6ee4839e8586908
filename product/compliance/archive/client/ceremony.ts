import {
  NIL_UUID,
  after,
  archivePolicy,
  authority,
  directoryKey,
  encodeStatement,
  newSeed,
  newUuid,
  recipientPolicy,
  signStatement,
  signingKeyOfSeed,
  splitArchiveKey,
} from '@wardline/crypto'
import type { Power, PrintedShare, SigningKey } from '@wardline/crypto'

/** What a key ceremony decides. People are named by their ids; times are ms since 1970. */
export interface CeremonyPlan {
  readonly organisation: string
  readonly time: number
  /** End of the archive key's period, ms; before it a new key is split. */
  readonly until: number
  /** Who gets a share, 1 to 16 people. */
  readonly custodians: readonly string[]
  /** How many shares open the archive. */
  readonly threshold: number
  /** Who may change keys of others together with a second administrator. */
  readonly administrators: readonly string[]
  /** Who may ask for the archive to be opened. */
  readonly archiveOfficers: readonly string[]
}

/** What a ceremony makes. The seeds and shares are secrets: the root's never reaches the server, the directory's lives nowhere else. */
export interface Ceremony {
  readonly plan: CeremonyPlan
  readonly rootSeed: Uint8Array
  readonly rootPublicKey: Uint8Array
  readonly directorySeed: Uint8Array
  /** Signed statements as encodeStatement writes them: public. */
  readonly directoryStatement: Uint8Array
  readonly archiveStatement: Uint8Array
  /** Authorities and the recipient policy. */
  readonly trustStatements: readonly Uint8Array[]
  readonly shares: readonly PrintedShare[]
}

/** Why a ceremony cannot be held as planned. */
export type CeremonyCode = 'bad-threshold' | 'custodian-twice' | 'no-administrator' | 'bad-period'

/** A refusal of the ceremony; nothing was made or stored. */
export class CeremonyRefused extends Error {
  readonly code: CeremonyCode
  constructor(code: CeremonyCode, message: string) {
    super(message)
    this.name = 'CeremonyRefused'
    this.code = code
  }
}

function judgePlan({ custodians, threshold, administrators, time, until }: CeremonyPlan): void {
  if (new Set(custodians).size !== custodians.length)
    throw new CeremonyRefused('custodian-twice', 'Each custodian holds one share: a person is named twice.')
  if (custodians.length > 16 || !Number.isInteger(threshold) || threshold < 1 || threshold > custodians.length)
    throw new CeremonyRefused(
      'bad-threshold',
      'The number of shares that open the archive must be from 1 to the number of custodians, who are at most 16.',
    )
  if (administrators.length === 0) throw new CeremonyRefused('no-administrator', 'Somebody must be administrator.')
  if (until <= time) throw new CeremonyRefused('bad-period', 'The period of the archive key must end after it begins.')
}

/**
 * Holds the first key ceremony of an organisation: draws the root, certifies a directory key, draws the archive's key of the first period
 * and splits it, signs archive policy, recipient policy and authorities. The archive's private key exists only inside. Throws CeremonyRefused.
 */
export async function holdCeremony(plan: CeremonyPlan): Promise<Ceremony> {
  judgePlan(plan)
  const { organisation, time } = plan
  const first = after(null, organisation, time)
  const rootSeed = newSeed()
  const root = await signingKeyOfSeed(rootSeed)
  const directorySeed = newSeed()
  const directory = await signingKeyOfSeed(directorySeed)
  const archive = await splitArchiveKey(plan.threshold, plan.custodians)
  const { threshold, custodians, shares } = archive
  const policy = { ...first, period: newUuid(), ...archive.publicKey, threshold, custodians, from: time, until: plan.until }
  return {
    plan,
    rootSeed,
    rootPublicKey: root.publicKey,
    directorySeed,
    directoryStatement: encodeStatement(await signStatement(directoryKey, { ...first, publicKey: directory.publicKey }, root)),
    archiveStatement: encodeStatement(await signStatement(archivePolicy, policy, root)),
    trustStatements: [
      await authorityOf(plan, root, 'administrator', plan.administrators),
      await authorityOf(plan, root, 'archive-officer', plan.archiveOfficers),
      // The server's own signer for leavers, by an id that it will make it under: so that the next message is sealed without them.
      await authorityOf(plan, root, 'directory-hand', [newUuid()]),
      // Nobody but members and the archive, until roles that take over are set up.
      encodeStatement(await signStatement(recipientPolicy, { ...first, demands: [] }, root)),
    ],
    shares,
  }
}

async function authorityOf(plan: CeremonyPlan, root: SigningKey, power: Power, people: readonly string[]): Promise<Uint8Array> {
  const body = { ...after(null, plan.organisation, plan.time), power, role: NIL_UUID, people: [...new Set(people)] }
  return encodeStatement(await signStatement(authority, body, root))
}
