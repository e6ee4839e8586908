import type { Database, DueWork, KeyLedger, Log } from '@wardline/platform/server'
import { checkpointDue } from '../rules.ts'
import { encodeLeaf, LEAF_VERSION } from './leaf.ts'
import { signerOf } from './log-key.ts'
import { signCheckpoint } from './note.ts'
import { organisationInLeaf, originOf } from './origin.ts'
import { appendLeaves, leafHash, rootFrom } from './tree.ts'
import {
  installationId,
  lockHead,
  organisationsToNumber,
  organisationsToSign,
  storeCheckpoint,
  storeEntries,
  takeUnnumbered,
} from './queries.ts'

/** Facts numbered in one transaction; small enough that a checkpoint or a reader never waits long for the head's lock. */
const batch = 1_000

/**
 * The sequencer: gives committed facts their index, hashes them into the tree, and signs a checkpoint when one is due. Runs on every node;
 * the lock on the log's head lets one at a time number an organisation, and a late commit simply gets a later index.
 */
export function sequencer(keys: () => KeyLedger): DueWork {
  return {
    name: 'audit.sequencer',
    evenWhenHeld: true,
    async run({ db, clock, log }) {
      let done = 0
      for (const { org } of await db.sweep(organisationsToNumber))
        done += await alone(log, 'audit.numbering-failed', org, () => numberFacts(db, org))
      for (const it of await db.sweep(organisationsToSign)) {
        if (!checkpointDue(it.signed_at?.getTime() ?? null, it.signed, it.size, it.now.getTime())) continue
        done += await alone(log, 'audit.signing-failed', it.org, async () => {
          await sign(db, keys(), it.org, clock.now())
          log.info('audit.checkpoint', { org: it.org, size: it.size })
          return 1
        })
      }
      return done
    },
  }
}

/** What is damaged in one organisation's log raises an alarm, and stops no other organisation's. */
async function alone(log: Log, event: string, org: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (thrown) {
    log.error(event, { org }, thrown)
    return 0
  }
}

async function numberFacts(db: Database, org: string): Promise<number> {
  return db.sweep(async (sweep) => {
    const head = await lockHead(sweep, org)
    const facts = await takeUnnumbered(sweep, org, batch)
    if (facts.length === 0) return 0
    const organisation = organisationInLeaf(org)
    const leaves = facts.map((fact, i) =>
      encodeLeaf({
        version: LEAF_VERSION,
        organisation,
        index: head.size + i,
        kind: fact.kind,
        time: fact.at.getTime(),
        actor: fact.actor ?? '',
        device: fact.device ?? '',
        commitment: fact.commitment,
      }),
    )
    const hashes = leaves.map(leafHash)
    const grown = appendLeaves({ size: head.size, hashes: head.frontier }, hashes)
    await storeEntries(sweep, org, {
      from: head.size,
      facts: facts.map((fact) => fact.id),
      leaves,
      hashes,
      nodes: grown.nodes,
      size: grown.size,
      frontier: grown.frontier.hashes,
    })
    return facts.length
  })
}

/** Signs the log as it stands. The head's lock makes size and root one moment. */
async function sign(db: Database, keys: KeyLedger, org: string, now: Date): Promise<void> {
  await db.sweep(async (sweep) => {
    const head = await lockHead(sweep, org)
    if (head.size === 0) return
    const installation = await installationId(sweep)
    const origin = originOf(installation.id, org)
    const signer = await signerOf(sweep, keys, org, origin, now)
    const note = signCheckpoint(
      { origin, size: head.size, root: rootFrom({ size: head.size, hashes: head.frontier }), extensions: [] },
      signer,
    )
    await storeCheckpoint(sweep, org, head.size, note)
  })
}
