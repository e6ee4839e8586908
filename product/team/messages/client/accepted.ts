import { equal } from '@wardline/crypto'
import type { DeviceStore, Knowledge } from '@wardline/product/team/devices/client'
import { stop } from '@wardline/product/team/devices/client'

/** New identities of colleagues of which this device's person has said that they know. */
export interface Accepted {
  has(person: string): boolean
  /** Throws Stop `no-keys`. */
  add(person: string): Promise<void>
}

/** Those of this store; each is of one key, so the next new identity is news again. */
export async function openAccepted(store: DeviceStore, knowledge: Knowledge, changed: (person: string) => void): Promise<Accepted> {
  const kept = new Map((await store.list(['accepted'])).map(({ key, value }) => [String(key[1]), value as Uint8Array]))
  const newest = (person: string) => knowledge.known(person)?.identities.at(-1)?.statement.body.publicKey
  return {
    has(person) {
      const [known, accepted] = [newest(person), kept.get(person)]
      return known !== undefined && accepted !== undefined && equal(known, accepted)
    },
    async add(person) {
      const key = newest(person) ?? stop('no-keys')
      kept.set(person, key)
      await store.write({ put: [[['accepted', person], key]] })
      changed(person)
    },
  }
}
