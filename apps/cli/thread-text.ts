import type { ReadMessage, VerifiedExport } from '@wardline/product/compliance/archive/client'

/** Why a message cannot be believed as it stands, for people. */
const faultWords: Readonly<Record<ReadMessage['faults'][number], string>> = {
  damaged: 'its bytes cannot be read',
  labels: 'the server told another place, sender or device than the message itself names',
  'unknown-device': 'sent from a device that its sender never signed',
  'not-member': 'its sender was not in the conversation',
  revoked: 'sent after its device had been cut off',
  'no-epoch': 'its epoch is not in the export or does not verify',
  policy: 'its epoch names an archive key that the root has not signed',
  signature: 'not signed by the device that it names',
}

const stateWords: Readonly<Record<Exclude<ReadMessage['is'], 'text'>, string>> = {
  erased: 'erased: its retention has ended',
  refused: 'not opened',
  damaged: 'damaged: its bytes are not what was sealed',
  newer: 'of a kind that this version does not know',
}

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** The messages as text, each conversation together in its order; times are UTC. */
export function linesOf({ file, opening }: VerifiedExport, read: readonly ReadMessage[]): string {
  const lines = [
    `${file.organisation.name}: messages opened from the archive`,
    `Request ${opening.body.request}: ${file.reason}`,
    'For the requesting officer only. Times are UTC.',
  ]
  for (const { conversation, kind } of file.conversations) {
    lines.push('', `${kind === 'direct' ? 'Direct conversation' : 'Group conversation'} ${conversation}`)
    for (const it of read.filter((message) => message.conversation === conversation)) {
      const what = it.is === 'text' ? (it.text ?? '') : `[${stateWords[it.is]}${it.code === null ? '' : `: ${it.code}`}]`
      lines.push(`${time(it.at)}  ${it.name}: ${what.replaceAll('\n', '\n    ')}`)
      for (const fault of it.faults) lines.push(`    NOT TO BE BELIEVED AS IT STANDS: ${faultWords[fault]}`)
    }
  }
  return `${lines.join('\n')}\n`
}
