import { describe, expect, test } from 'vitest'
import { anchors, codeBlocks, links, npmScripts, tableRows } from './markdown.ts'

const page = [
  '# First: a `thing`',
  'See [there](other.md#part "title"), [here](#first-a-thing) and `[not](this.md)`; run `npm run check -- lint`.',
  '![picture](docs/p.svg)',
  '```sh',
  'npm start   # not [a](link.md)',
  '# not a heading',
  '```',
  '## Again',
  '  ```ts',
  '  const x = 1',
  '  ```',
  '## Again',
  '| A1 | cell \\| with bar | `x` |',
].join('\n')

describe('a Markdown page', () => {
  test('gives its code with its place', () => {
    expect(codeBlocks(page).map(({ language, line }) => [language, line])).toEqual([
      ['sh', 5],
      ['ts', 10],
    ])
    expect(codeBlocks(page)[1]?.code.trim()).toBe('const x = 1')
  })
  test('gives its links, none of those in code', () => {
    expect(links(page)).toEqual(['other.md#part', '#first-a-thing', 'docs/p.svg'])
  })
  test('gives its anchors, numbered where they repeat', () => {
    expect([...anchors(page)]).toEqual(['first-a-thing', 'again', 'again-1'])
  })
  test('gives the scripts that it names', () => {
    expect(npmScripts(page)).toEqual(['start', 'check'])
  })
  test('gives its table rows', () => {
    expect(tableRows(page, /^A\d/)).toEqual([['A1', 'cell \\| with bar', '`x`']])
  })
})
