import { expect, test } from 'vitest'
import { endpoint } from '../contract/endpoint.ts'
import { Shape } from '../contract/text.ts'
import { anyone, signedIn } from './caller.ts'
import { recordRead } from './reads.ts'
import { serve } from './route.ts'

const show = endpoint({
  name: 'test.show',
  method: 'GET',
  path: '/api/v1/show',
  summary: 'Shows',
  takes: Shape({}),
  gives: Shape({}),
  fails: {},
})

test('what shows PHI is shown to somebody who can be recorded', () => {
  const route = { audit: recordRead, run: async () => ({}) }
  expect(() => serve(show, { ...route, who: anyone('for a test'), phi: 'reads' })).toThrow('nobody in particular')
  expect(serve(show, { ...route, who: anyone('for a test'), phi: 'none' }).phi).toBe('none')
  expect(serve(show, { ...route, who: signedIn, phi: 'reads' }).phi).toBe('reads')
})
