import { createHash } from 'node:crypto'
import {
  authority,
  decodeRecipientSeals,
  encodeRecipientSeals,
  encodeStatement,
  fromBase64url,
  parse,
  parseEpoch,
  toBase64url,
} from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { Tx } from '@wardline/platform/db'
import { RawReply, refuse } from '@wardline/platform/server'
import type { Ctx } from '@wardline/platform/server'
import { readOrganisation } from '@wardline/product/access/provisioning/server'
import { newestCheckpoint } from '@wardline/product/compliance/audit/server'
import { unwrapEpochs } from '@wardline/product/team/conversations/server'
import type { UnwrappedEpoch } from '@wardline/product/team/conversations/server'
import { heldStatements, presentVault, readTrust } from '@wardline/product/team/devices/server'
import { unwrapMessages } from '@wardline/product/team/messages/server'
import { mostMessages, openingReleased, releaseExport } from '../contract.ts'
import type { ExportFile } from '../contract.ts'
import { judgeRelease } from '../rules.ts'
import { lockRequest, namesOf, noteReleased, readRequests, scopesThatAre } from './queries.ts'
import { factsOf, logOf, reasonOf } from './read.ts'
import { logKey } from './request.ts'
import type { RequestRow } from './tables.ts'

type Export = Static<typeof ExportFile>

/** Characters of sealed content that one file may hold. */
const mostText = 150_000_000

/**
 * Releases the sealed material of an approved request to the officer who asked, once a signed checkpoint covers request and approval. The
 * release is a fact of its own, durable before the first byte leaves. Checkpoints are witnessed outside only when witnesses are set up;
 * until then they show a rewritten log to whoever kept a note.
 */
export async function release(ctx: Ctx, request: string): Promise<RawReply> {
  const text = await ctx.write(async (tx) => {
    await lockRequest(tx, request)
    const [row] = await readRequests(tx, request, 1)
    // Another officer's request looks like none: what is released is for one person.
    if (!row || row.requester !== ctx.caller.person) throw refuse(releaseExport, 'not-found')
    const checkpoint = await newestCheckpoint(tx, tx.org)
    const refused = judgeRelease(factsOf(row), logOf(row, checkpoint?.size ?? 0), tx.at.getTime())
    if (refused) throw refuse(releaseExport, refused)
    const made = await collect(ctx, tx, row, checkpoint!.note)
    const text = JSON.stringify(made)
    await noteReleased(tx, request)
    tx.announce(openingReleased, {
      key: logKey(request),
      payload: {
        request,
        scope: [...row.scope],
        epochs: made.epochs.length,
        messages: made.messages.length,
        file: createHash('sha256').update(text).digest('base64url'),
        checkpoint: checkpoint!.size,
      },
    })
    return text
  })
  return new RawReply(200, 'application/json', text, {
    'content-disposition': `attachment; filename="archive-${request.slice(0, 8)}.wardline"`,
  })
}

/** Everything that the offline tool needs, and nothing that opens a message. */
async function collect(ctx: Ctx, tx: Tx, row: RequestRow, note: string): Promise<Export> {
  const epochs: UnwrappedEpoch[] = []
  const messages: Export['messages'] = []
  let size = 0
  for (const scope of row.scope) {
    epochs.push(...(await unwrapEpochs(tx, ctx.keys, scope)))
    for await (const page of unwrapMessages(tx, ctx.keys, scope)) {
      messages.push(...page)
      size += page.reduce((sum, it) => sum + (it.envelope?.length ?? 0), 0)
      if (messages.length > mostMessages || size > mostText) throw refuse(releaseExport, 'too-much')
    }
  }
  const trust = await readTrust(tx)
  const people = [
    ...new Set([row.requester, row.decided_by!, ...administratorsIn(trust), ...everybodyIn(epochs), ...messages.map((it) => it.person)]),
  ]
  const names = new Map((await namesOf(tx, people)).map((it) => [it.person, it.name]))
  const vault = await presentVault(tx, ctx.keys, row.requester)
  if (!vault) throw new Error('An officer who signed a request has a vault.')
  const organisation = await readOrganisation(tx)
  const { reason, salt } = reasonOf(ctx.keys, tx.org, row)
  return {
    format: 'wardline archive export 1',
    organisation: { id: tx.org, name: organisation.name },
    releasedAt: tx.at.getTime(),
    opening: toBase64url(row.opening),
    reason,
    salt,
    askedAt: row.asked_at.getTime(),
    approvedBy: row.decided_by!,
    approval: toBase64url(row.approval!),
    approvedAt: row.decided_at!.getTime(),
    log: { requested: row.requested_index!, approved: row.approved_index!, checkpoint: note },
    trust,
    people: (await heldStatements(tx, people)).map((it) => ({ ...it, name: names.get(it.person) ?? it.person })),
    vault: toBase64url(encodeStatement(vault)),
    conversations: await scopesThatAre(tx, row.scope),
    epochs: epochs.map((it) => ({
      conversation: it.conversation,
      n: it.n,
      at: it.at,
      statement: toBase64url(it.statement),
      candidates: it.candidates.map(archiveSeals),
    })),
    messages,
  }
}

/** Everybody who ever was administrator: what they signed about others is judged by their own statements. */
const administratorsIn = (trust: Export['trust']): readonly string[] =>
  trust.authorities
    .map((it) => parse(authority, fromBase64url(it.statement)).body)
    .flatMap((it) => (it.power === 'administrator' ? it.people : []))

/** Of a candidate set the archive's seals: what is sealed to roles is nobody's business here. */
const archiveSeals = (set: Uint8Array): string =>
  toBase64url(encodeRecipientSeals(decodeRecipientSeals(set).filter((seal) => seal.kind === 'archive')))

/** Authors of epochs and everybody who was in one: their statements say whose messages these are. */
const everybodyIn = (epochs: readonly UnwrappedEpoch[]): readonly string[] =>
  epochs.flatMap((it) => {
    const { author, roster } = parseEpoch(it.statement).body
    return [author.person, ...roster.map((entry) => entry.person)]
  })
