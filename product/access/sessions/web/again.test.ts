import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { readAs } from './again.ts'

test('only the first read is a person’s: not one after a refusal, nor after everything was reset; but who comes back to what was let go is one', async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 0 } } })
  const read: string[] = []
  let refused = false
  const look = (name: string) =>
    queries
      .fetchQuery({
        queryKey: [name, {}],
        queryFn: () =>
          readAs(queries, [name, {}], { call: 'person', quietly: 'page' }, async (way) => {
            read.push(`${name} ${way}`)
            if (refused) throw new Error('refused')
            return way
          }),
      })
      .catch(() => {})
  await look('one')
  await look('one')
  refused = true
  await look('two')
  refused = false
  await look('two')
  expect(read.splice(0)).toEqual(['one person', 'one page', 'two person', 'two page'])
  await queries.resetQueries()
  await look('one')
  await look('two')
  expect(read.splice(0)).toEqual(['one page', 'two page'])
  queries.removeQueries({ queryKey: ['one'] })
  await look('one')
  expect(read).toEqual(['one person'])
})
