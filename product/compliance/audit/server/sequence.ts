import { generateKeyPairSync } from 'node:crypto'
import { installationOrg, monthOf, newId } from '@wardline/platform/server'
import type { Database, DueWork, KeyLedger } from '@wardline/platform/server'
import { checkpointDue } from '../rules.ts'
import { encodeLeaf, LEAF_VERSION } from './leaf.ts'
import { decodeSkey, encodeSkey, encodeVkey, LOG_SIGNATURE, signCheckpoint } from './note.ts'
import type { NoteSigner } from './note.ts'
import { appendLeaves, leafHash, rootFrom } from './tree.ts'
import {
  installationId,
  lockHead,
  logKeys,
  organisationsToNumber,
  organisationsToSign,
  storeCheckpoint,
  storeEntries,
  storeLogKey,
  takeUnnumbered,
} from './queries.ts'

/** Facts numbered in one transaction; small enough that a checkpoint or a reader never waits long for the head's lock. */
const batch = 1_000

/** The organisation as a leaf names it: empty for the installation's own log. */
export const organisationInLeaf = (org: string): string => (org === installationOrg ? '' : org)

/** Name of an organisation's log, unique for each organisation of each installation (C2SP: origin). */
export const originOf = (installation: string, org: string): string => `wardline/${installation}/${org}`

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
      for (const { org } of await db.sweep(organisationsToNumber)) done += await numberFacts(db, org)
      for (const it of await db.sweep(organisationsToSign)) {
        if (!checkpointDue(it.signed_at?.getTime() ?? null, it.signed, it.size, it.now.getTime())) continue
        await sign(db, keys(), it.org, clock.now())
        log.info('audit.checkpoint', { org: it.org, size: it.size })
        done += 1
      }
      return done
    },
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

async function signerOf(
  sweep: Parameters<typeof logKeys>[0],
  keys: KeyLedger,
  org: string,
  origin: string,
  now: Date,
): Promise<NoteSigner> {
  const newest = (await logKeys(sweep, org)).at(-1)
  if (newest) return decodeSkey(keys.open(org, newest.data_key, newest.sealed, `log_key|${newest.key}`).toString('utf8'))
  const key = newId()
  const seed = Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }).d!, 'base64url')
  const skey = encodeSkey(origin, LOG_SIGNATURE, seed)
  const signer = decodeSkey(skey)
  const box = await keys.seal({ org, bucket: 'access', month: monthOf(now) }, Buffer.from(skey), `log_key|${key}`)
  await storeLogKey(sweep, org, { key, vkey: encodeVkey(signer.key), data_key: box.dataKey, sealed: box.sealed })
  return signer
}
