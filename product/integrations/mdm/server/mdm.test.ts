import { openIntune, openJamf } from '@wardline/dev/mdm'
import type { IntuneDevice } from '@wardline/dev/mdm'
import { openOutgoing } from '@wardline/platform/server'
import { describe, expect, test } from 'vitest'
import type { Mdm, MdmSettings } from '@wardline/product/team/managed-devices/contract'
import { openMdm } from './index.ts'

const inside = openMdm(openOutgoing({ allow: ['127.0.0.0/8'], timeoutMs: 2_000 }))
const graphDevice = (i: number, more: Partial<IntuneDevice> = {}): IntuneDevice => ({
  id: `d${i}`,
  deviceName: `PC-${i}`,
  userPrincipalName: `Nurse.${i}@Mercy.Example`,
  operatingSystem: 'Windows',
  osVersion: '10.0.26100.1',
  managedDeviceOwnerType: 'company',
  complianceState: 'compliant',
  lastSyncDateTime: '2026-11-21T08:00:00Z',
  ...more,
})
async function all(mdm: Mdm, settings: MdmSettings, secret: string) {
  const found = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Mdm['page']>> = await mdm.page(settings, secret, cursor)
    found.push(...page.devices)
    cursor = page.next
  } while (cursor !== null)
  return found
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (thrown: { code?: string; message?: string }) => `${thrown.code}: ${thrown.message}`,
  )

describe('Intune', () => {
  const opened = async () => {
    const it = await openIntune()
    const { tenant, clientId, url } = it
    const settings: MdmSettings = { vendor: 'intune', loginUrl: url, apiUrl: url, tenant, clientId, compliantGroup: '' }
    return { it, settings }
  }

  test('is read page by page; whatever it does not call compliant is not, and never is in the year 1', async () => {
    const { it, settings } = await opened()
    it.devices.push(...Array.from({ length: 5 }, (_, i) => graphDevice(i)))
    it.devices.push(
      graphDevice(5, { complianceState: 'inGracePeriod' }),
      graphDevice(6, { complianceState: 'unknown', lastSyncDateTime: '0001-01-01T00:00:00Z' }),
    )
    it.pageSize = 3
    const found = await all(inside, settings, it.secret)
    expect(found.map((one) => one.compliance)).toEqual([...Array<string>(5).fill('compliant'), 'not-compliant', 'unknown'])
    expect(found[0]).toMatchObject({
      id: 'intune:d0',
      user: 'nurse.0@mercy.example',
      system: 'Windows',
      owner: 'company',
      checkedInAt: Date.UTC(2026, 10, 21, 8),
    })
    expect(found[6]!.checkedInAt).toBeNull()
    await it.close()
  })

  test('that asks to wait is told so, with how long, and the same page is asked again', async () => {
    const { it, settings } = await opened()
    it.devices.push(graphDevice(0), graphDevice(1))
    it.pageSize = 1
    const { next } = await inside.page(settings, it.secret, null)
    it.instead.push({ status: 429, headers: { 'retry-after': '17' } })
    await expect(inside.page(settings, it.secret, next)).rejects.toMatchObject({ code: 'throttled', retryAfterSeconds: 17 })
    it.instead.push({ status: 503 })
    await expect(inside.page(settings, it.secret, next)).rejects.toMatchObject({ code: 'throttled', retryAfterSeconds: 60 })
    expect((await inside.page(settings, it.secret, next)).devices.map((one) => one.name)).toEqual(['PC-1'])
    await it.close()
  })

  test('gets the token at its own address only, and each error is told as Microsoft says it', async () => {
    const { it, settings } = await opened()
    it.devices.push(graphDevice(0), graphDevice(1))
    it.pageSize = 1
    it.nextAt = 'https://elsewhere.example'
    const { next } = await inside.page(settings, it.secret, null)
    const before = it.asked.length
    expect(await refusal(inside.page(settings, it.secret, next))).toContain('another address')
    expect(it.asked).toHaveLength(before)
    expect(await refusal(inside.page(settings, 'wrong', null))).toContain('AADSTS7000215: Invalid client secret provided.')
    expect(await refusal(inside.page({ ...settings, tenant: 'other' }, it.secret, null))).toContain('AADSTS90002')
    it.instead.push({ status: 403, body: JSON.stringify({ error: { code: 'Forbidden', message: 'Application is not authorized.' } }) })
    expect(await refusal(inside.page(settings, it.secret, null))).toContain('not-allowed: 127.0.0.1')
    it.instead.push({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })
    expect(await refusal(inside.page(settings, it.secret, null))).toContain('redirect')
    it.instead.push({ status: 200, body: '<html>' })
    expect(await refusal(inside.page(settings, it.secret, null))).toMatch(/^unreadable/)
    await it.close()
  })

  test('at a private address is not asked', async () => {
    const { it, settings } = await opened()
    const outside = openMdm(openOutgoing({ timeoutMs: 500 }))
    expect(await refusal(outside.page(settings, it.secret, null))).toContain('private or reserved address')
    expect(it.asked).toEqual([])
    await it.close()
  })
})

describe('Jamf Pro', () => {
  test('is read computers first, then phones; compliant is who is in the named smart group, and without one nobody was judged', async () => {
    const it = await openJamf()
    const contact = '2026-11-21T08:00:00Z'
    for (let i = 0; i < 101; i += 1)
      it.devices.push({
        kind: 'computer',
        id: `${i}`,
        name: `Mac ${i}`,
        username: `Nurse.${i}`,
        osVersion: '26.1',
        managed: true,
        groups: i === 0 ? ['Compliant'] : [],
        contact,
      })
    it.devices.push({
      kind: 'mobile',
      id: '7',
      name: 'iPhone',
      username: 'nurse.7',
      osVersion: '26.0',
      managed: false,
      groups: ['Compliant'],
      contact,
    })
    const settings: MdmSettings = {
      vendor: 'jamf',
      loginUrl: '',
      apiUrl: it.url,
      tenant: '',
      clientId: it.clientId,
      compliantGroup: 'Compliant',
    }
    const found = await all(inside, settings, it.secret)
    expect(found).toHaveLength(102)
    expect(found[0]).toMatchObject({ id: 'computer:0', user: 'nurse.0', system: 'macOS', owner: 'company', compliance: 'compliant' })
    expect(found[1]!.compliance).toBe('not-compliant')
    expect(found[101]).toMatchObject({ id: 'mobile:7', system: 'iOS', owner: 'personal', compliance: 'compliant' })
    expect((await all(inside, { ...settings, compliantGroup: '' }, it.secret)).every((one) => one.compliance === 'unknown')).toBe(true)
    expect(await refusal(inside.page(settings, 'wrong', null))).toContain('Client authentication failed')
    await it.close()
  })
})
