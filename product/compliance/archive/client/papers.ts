import { sha256, toHex } from '@wardline/crypto'
import type { Ceremony } from './ceremony.ts'

/** One file of the ceremony: its name and text. */
export interface CeremonyFile {
  readonly name: string
  readonly text: string
}

/** Names for people to read in the files; ids are what is signed. */
export interface CeremonyNames {
  readonly organisation: string
  readonly person: (id: string) => string
}

/** The printed fingerprint of an organisation's root: SHA-256 of the raw Ed25519 public key, 16 groups of four hexadecimal digits. */
export const fingerprintOf = (rootPublicKey: Uint8Array): string => toHex(sha256(rootPublicKey)).match(/.{4}/g)!.join(' ')

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const groups = (text: string): string => text.match(/.{1,4}/g)!.join(' ')
const check = (seed: Uint8Array): string => toHex(sha256(seed)).slice(0, 8)
const slug = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()
    .slice(0, 40)

/** What the custodian and the offline tool read again; the rest of a share's file is for people. */
export const shareLabels = { share: 'Share', root: 'Root fingerprint' } as const

/** The ceremony as files: the root's key, one file for each custodian, and what to do with each of them. */
export function ceremonyFiles(it: Ceremony, names: CeremonyNames): readonly CeremonyFile[] {
  const { plan, shares } = it
  const fingerprint = fingerprintOf(it.rootPublicKey)
  const files = shares.map((share) => `share-${share.index}-${slug(names.person(share.person)) || 'custodian'}.txt`)
  const about = `Organisation:     ${names.organisation} (${plan.organisation})\n${shareLabels.root}: ${fingerprint}\n`
  const period = `${day(plan.time)} to ${day(plan.until)}`
  return [
    { name: 'README.txt', text: readme(it, names, files, fingerprint, period) },
    {
      name: 'root-key.txt',
      text: `WARDLINE ROOT KEY. SECRET. KEEP IT OFFLINE, IN A SAFE.
Whoever has it can name administrators, archive officers and archive keys of this organisation.

${about}Root key:         ${groups(toHex(it.rootSeed))}
Check:            ${groups(check(it.rootSeed))}
`,
    },
    ...shares.map((share, i) => ({
      name: files[i]!,
      text: `WARDLINE ARCHIVE SHARE ${share.index} OF ${shares.length}. SECRET, FOR ONE PERSON ONLY.
Any ${plan.threshold} of the ${shares.length} shares open the archive of team messages; fewer say nothing.

${about}Custodian:        ${names.person(share.person)}
Period:           ${period}
${shareLabels.share}:            ${share.text}
`,
    })),
  ]
}

function readme(it: Ceremony, names: CeremonyNames, files: readonly string[], fingerprint: string, period: string): string {
  const { plan, shares } = it
  return `The key ceremony of ${names.organisation}

These papers hold secrets. Finish these steps today, then delete whatever of them lies on a disk.

1. root-key.txt
   Print it, seal it in an envelope, put it into a safe, and delete the file. No server ever needs it.
   It is needed again only to name other administrators or archive officers, and to make the next archive key.

2. The shares. Give each to its custodian, on paper or on a stick that only they keep, and delete the file:
${files.map((file, i) => `   ${file}  for ${names.person(shares[i]!.person)}`).join('\n')}
   Any ${plan.threshold} of ${shares.length} open the archive. If more than ${shares.length - plan.threshold} are lost, nobody can open it: not you, not the server, not the makers of Wardline.
   Nobody should hold two. The archive key is for ${period}; split the next one before that ends.

3. The fingerprint
   ${fingerprint}
   It is not secret. Print it where staff can see it: Wardline shows it too, and the two must be the same.

To open the archive later: an archive officer asks in Wardline, a second officer approves, the officer downloads the export,
and ${plan.threshold} custodians bring their shares to a computer without network:
   wardline archive open export.wardline --share share-a.txt --share share-b.txt --recovery-key key.txt --out opened
`
}
