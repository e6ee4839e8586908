import { describe, expect, test } from 'vitest'
import { anchors, codeBlocks, guardRows, links, npmScripts, tableRows, testTitles } from './markdown.ts'

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

test('rows of guards, with the tests and titles that they name', () => {
  const page =
    '| what | why |\n| --- | --- |\n| no | guard |\n\n| Guard | Test |\n|---|:-:|\n| a door | `rules.test.ts`, "is shut"; `a/b.test.tsx` |\n| a wall | none |\n'
  expect(guardRows(page)).toEqual([
    { guard: 'a door', files: ['rules.test.ts', 'a/b.test.tsx'], titles: ['is shut'] },
    { guard: 'a wall', files: [], titles: [] },
  ])
  const source =
    "describe.skipIf(!has())('a group', () => {\n  test.each(every)(\n    '%s: one’s own', f)\n  test(`made of ${n}`, g)\n})\nexpect('no title')"
  expect(testTitles(source)).toEqual(['a group', '%s: one’s own', 'made of ${n}'])
})
