import type { GivesOf } from '@wardline/platform/contract'
import type { myDevices } from '../contract.ts'

type Shown = Pick<GivesOf<typeof myDevices>['devices'][number], 'storage' | 'wanted' | 'because' | 'revokedAt' | 'wipedAt' | 'lostAt'>

const askers = {
  workstation: 'a shared workstation',
  organisation: 'the organisation’s policy',
  device: 'an administrator',
  own: 'its person',
} as const

/** What a device keeps, and who asks that it keeps nothing, as a sentence; of one that has wiped itself that alone is said. */
export const storageText = (it: Shown): string =>
  it.wipedAt !== null
    ? ''
    : `${it.storage === 'memory' ? 'Keeps nothing' : 'Keeps messages, encrypted'}${it.because === null ? '' : `, asked by ${askers[it.because]}`}. `

/** Whether it was asked to keep nothing and has not said yet that it does. */
export const owesStorage = (it: Shown): boolean =>
  it.storage === 'cache' && it.wanted === 'memory' && it.revokedAt === null && it.wipedAt === null && it.lostAt === null
