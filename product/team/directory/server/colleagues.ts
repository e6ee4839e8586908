import { toBase64url } from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import type { Db } from '@wardline/platform/db'
import { people } from '@wardline/product/access/provisioning/server'
import { keyPeople } from '@wardline/product/team/devices/server'
import type { colleagues as endpoint } from '@wardline/product/team/directory/contract'

/** Everybody whose access has not ended, with the newest of their public keys. */
export async function colleagues(db: Db): Promise<GivesOf<typeof endpoint>> {
  const keys = new Map((await keyPeople(db, null)).map((row) => [row.person, row]))
  const found: GivesOf<typeof endpoint>['colleagues'] = []
  for (let after: string | null = null; ;) {
    const page: Awaited<ReturnType<typeof people>> = await people(db, after)
    for (const it of page.people) {
      const row = keys.get(it.id)
      found.push({
        person: it.id,
        name: it.name,
        title: it.title,
        roles: it.roles,
        keys: row
          ? {
              identityKey: toBase64url(row.identity_key),
              identityVersion: row.identity_version,
              userKeyId: toBase64url(row.user_key_id),
              userKeyVersion: row.user_key_version,
              deviceListHash: toBase64url(row.device_list_hash),
              deviceListVersion: row.device_list_version,
              position: row.position,
            }
          : null,
      })
    }
    if (page.next === null) return { colleagues: found }
    after = page.next
  }
}
