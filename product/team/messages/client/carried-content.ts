import { CryptoError, fromBase64url, openCarried, sealCarried, sealHalf, toBase64url, utf8 } from '@wardline/crypto'
import type { Bytes, DeviceSeeds } from '@wardline/crypto'
import type { DeviceBefore, Entry, Key } from '@wardline/product/team/devices/client'
import { fromText, toText } from './carried-text.ts'
import type { Outgoing } from './outgoing.ts'

/**
 * What is carried beside the device itself: drafts, what waits to be sent, the heads of its own chains, what it pinned,
 * and by which identity it knows whom. All else is read and verified again, what was verified before too.
 */
export const kinds: ReadonlySet<unknown> = new Set(['draft', 'outbox', 'sender', 'pinned', 'checkpoint', 'accepted'])

/** Those of its entries that may be carried, whoever made it. */
export const entriesOf = (it: Content): Content['entries'] => it.entries.filter(([name]) => kinds.has(name[0]))

/** The sealed text, opened. */
export interface Content {
  readonly own: Omit<DeviceBefore, 'device'>
  readonly seeds: DeviceSeeds
  readonly atRest: Bytes
  readonly entries: readonly (readonly [Key, unknown])[]
}

interface Whose {
  readonly organisation: string
  readonly person: string
}

/** Sealed bytes hold a key that cannot be copied; the message is sealed again, which its id makes safe. */
export const portable = ({ key, value }: Entry): readonly [Key, unknown] =>
  key[0] === 'outbox' ? [key, { ...(value as Outgoing), sealed: null, epoch: null }] : [key, value]

/** The content as it is sent. */
export const sealContent = (key: Bytes, { organisation, person }: Whose, content: Content) =>
  sealCarried(key, organisation, person, utf8(toText(content)))

/** Throws CryptoError where it is of another key, person or organisation. */
export const openContent = async (key: Bytes, { organisation, person }: Whose, sealed: Uint8Array<ArrayBuffer>): Promise<Content> =>
  fromText(new TextDecoder().decode(await openCarried(key, organisation, person, sealed))) as Content

/** The one of these that this key opens, or null. */
export async function openOne(key: Bytes, whose: Whose, copies: readonly Uint8Array<ArrayBuffer>[]): Promise<Content | null> {
  for (const sealed of copies)
    try {
      return await openContent(key, whose, sealed)
    } catch (thrown) {
      if (!(thrown instanceof CryptoError)) throw thrown
    }
  return null
}

/** A half, sealed to these workstations; not to one whose key is none, which keeps nobody from the others. */
export async function sealsFor(
  to: readonly { readonly workstation: string; readonly key: string }[],
  { organisation, person }: Whose,
  half: Bytes,
): Promise<{ workstation: string; seal: string }[]> {
  const seals = await Promise.all(
    to.map(async ({ workstation, key }) => {
      try {
        return [{ workstation, seal: toBase64url(await sealHalf({ suite: 1, publicKey: fromBase64url(key) }, organisation, person, half)) }]
      } catch (thrown) {
        if (!(thrown instanceof CryptoError)) throw thrown
        return []
      }
    }),
  )
  return seals.flat()
}
