import { expect, test } from 'vitest'
import { sessionPolicy } from '@wardline/product/access/sessions/rules'
import { idleMinutes } from './place.ts'

test('the page warns by the figures by which the server ends a session', () => {
  expect(idleMinutes).toEqual(sessionPolicy.idleMinutes)
})
