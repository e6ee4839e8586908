import fc from 'fast-check'
import { expect, test } from 'vitest'
import { browserNames, browserOf, browserText, systemNames } from './preview.ts'

const part = fc.constantFrom(
  'Edg/',
  'Chrome/',
  'Firefox/',
  'Version/',
  '12',
  '99999999',
  '.0 ',
  'Safari/',
  'Android',
  'iPhone',
  'CrOS',
  '"',
  ';v="',
  ', ',
)
const told = fc.oneof(
  fc.string(),
  fc.array(part, { maxLength: 12 }).map((it) => it.join('')),
)

test('whatever a browser says of itself is told in known words', () => {
  fc.assert(
    fc.property(told, told, told, (agent, hints, platform) => {
      const it = browserOf({ 'user-agent': agent, 'sec-ch-ua': hints, 'sec-ch-ua-platform': platform })
      expect(browserNames).toContain(it.browser)
      expect(systemNames).toContain(it.system)
      expect(Number.isInteger(it.version) && it.version >= 0 && it.version <= 999_999).toBe(true)
    }),
  )
  const hinted = { 'sec-ch-ua': '"Google Chrome";v="153"', 'sec-ch-ua-platform': '"Ana Osei"', 'user-agent': '' }
  expect(browserOf(hinted)).toEqual({ browser: 'chrome', version: 153, system: 'Unknown' })
  expect([
    browserText(browserOf(hinted)),
    browserText(browserOf({})),
    browserText({ browser: 'edge', version: 138, system: 'Windows' }),
  ]).toEqual(['Chrome 153', 'A browser that is not known', 'Edge 138 on Windows'])
})
