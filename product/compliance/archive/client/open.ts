import { CryptoError, combineShares, equal, keyIdOf, openArchive, parseShare, toBase64url } from '@wardline/crypto'
import type { ArchivePolicy, BoxKey, Share, Statement } from '@wardline/crypto'
import type { Static } from '@wardline/platform/contract'
import type { OpenedFile } from '../contract.ts'
import { refuseOpening } from './refused.ts'
import type { VerifiedExport } from './verify.ts'

/** Message keys, sealed to the officer: what leaves the machine on which the shares are typed. */
export type Opened = Static<typeof OpenedFile>

/** Messages whose keys are opened at a time. */
const batch = 200

interface TypedShare extends Share {
  readonly text: string
}

/** A share as typed. `nth` counts from 1, so that a mistyped one can be named without showing it. Throws OpeningRefused. */
export function readShare(text: string, nth: number): Share {
  try {
    return parseShare(text)
  } catch (thrown) {
    if (!(thrown instanceof CryptoError)) throw thrown
    return refuseOpening(
      'bad-share',
      `Share ${nth} is mistyped: its checksum does not fit. Nothing was opened. Compare it with the paper, character by character.`,
    )
  }
}

const fits = (policy: Statement<ArchivePolicy>, share: Share): boolean =>
  equal(share.keyTag, keyIdOf(policy.body).slice(0, share.keyTag.length)) &&
  policy.body.custodians.some((it) => it.index === share.index && equal(it.shareHash, share.hash))

/**
 * Rebuilds the archive's keys from the custodians' shares and opens the message keys of the approved scope, sealed to the officer. The
 * archive's keys and the epochs' secrets exist only in here. Throws OpeningRefused: `bad-share`, `foreign-share`, `too-few-shares`.
 */
export async function openWithShares(
  it: VerifiedExport,
  typed: readonly string[],
  onProgress: (messages: number) => void = () => {},
): Promise<Opened> {
  const shares = typed.map((text, i) => ({ ...readShare(text, i + 1), text }))
  const stranger = shares.findIndex((share) => !it.policies.some((policy) => fits(policy, share)))
  if (stranger >= 0)
    refuseOpening(
      'foreign-share',
      `Share ${stranger + 1} is of another archive key than these messages were sealed to. Nothing was opened. Look at the period that is printed on it.`,
    )
  const archiveKeys: BoxKey[] = []
  for (const policy of it.policies) archiveKeys.push(await rebuild(policy, shares))
  const epochs = it.epochs
  const headers = it.messages.flatMap(({ envelope }) => (envelope ? [envelope.headerBytes] : []))
  const parts: string[] = []
  const refused: Opened['refused'] = []
  for (let from = 0; from < headers.length; from += batch) {
    const { opening, requesterKey, officer } = it
    const output = await openArchive({ archiveKeys, opening, requesterKey, officer, epochs, headers: headers.slice(from, from + batch) })
    parts.push(toBase64url(output.sealed))
    refused.push(...output.refused.map(({ headerHash, code }) => ({ header: toBase64url(headerHash), code })))
    onProgress(Math.min(from + batch, headers.length))
  }
  return { format: 'wardline archive opening 1', request: it.opening.body.request, parts, refused }
}

async function rebuild(policy: Statement<ArchivePolicy>, shares: readonly TypedShare[]): Promise<BoxKey> {
  const { threshold, from, until } = policy.body
  const mine = new Map(shares.filter((share) => fits(policy, share)).map((share) => [share.index, share.text]))
  if (mine.size < threshold) {
    const period = `${new Date(from).toISOString().slice(0, 10)} to ${new Date(until).toISOString().slice(0, 10)}`
    refuseOpening(
      'too-few-shares',
      `${threshold} different shares of the archive key of ${period} are needed; ${mine.size} were given. Nothing was opened.`,
    )
  }
  return combineShares([...mine.values()].slice(0, threshold), policy.body)
}
