// The documents say what is there: every folder has its word, every demand its row, and nothing named is missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { tableRows } from '../tools/lib/markdown.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const exists = (place: string): boolean => existsSync(path.join(root, place))
const inCode = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
/** A folder as the tables name it: below product/ unless it is of the root. */
const folderOf = (named: string): string => (/^(access|team|patients|compliance|integrations)\//.test(named) ? `product/${named}` : named)

const words = new Map(
  [...read('GLOSSARY.md').matchAll(/^- \*\*([^*]+)\*\*: (.+)$/gm)].map(([, word = '', meaning = '']) => [word, meaning]),
)

describe('GLOSSARY.md', () => {
  const folders = (place: string): string[] =>
    exists(place)
      ? readdirSync(path.join(root, place), { withFileTypes: true })
          .filter((it) => it.isDirectory() && !/^(\.|node_modules)/.test(it.name))
          .map((it) => it.name)
      : []
  const areas = folders('product')
  const features = areas.flatMap((area) => folders(`product/${area}`).map((feature) => `${area}/${feature}`))

  test('has a sentence for every area and every feature', () => {
    expect([...areas, ...features].filter((name) => !words.has(name))).toEqual([])
  })
  test('says each word once, in one sentence or two', () => {
    expect([...read('GLOSSARY.md').matchAll(/^- \*\*([^*]+)\*\*/gm)].length).toBe(words.size)
    for (const [word, meaning] of words) expect(meaning.length, word).toBeLessThan(220)
  })
})

describe('docs/coverage.md', () => {
  const rows = tableRows(read('docs/coverage.md'), /^A\d+$/).map(([id = '', demand = '', folder = '', proof = '', state = '']) => ({
    id,
    demand,
    folder,
    proof,
    state,
  }))

  test('has all 301 demands, once each and in order', () => {
    expect(rows.map((row) => row.id)).toEqual(Array.from({ length: 301 }, (_, index) => `A${index + 1}`))
  })
  test('says one of four states', () => {
    expect(rows.filter((row) => !['works', 'partly', 'not yet', 'refused'].includes(row.state))).toEqual([])
  })
  test('names folders that are there, or that the glossary plans', () => {
    const wrong = rows.filter(
      ({ folder, state }) =>
        inCode(folder).length === 0 ||
        !inCode(folder).every((it) => exists(folderOf(it)) || (state !== 'works' && state !== 'partly' && words.has(it))),
    )
    expect(wrong).toEqual([])
  })
  test('what works, wholly or partly, names a test that is there', () => {
    const claimed = rows.filter(({ state }) => state === 'works' || state === 'partly')
    expect(claimed.filter(({ proof }) => inCode(proof).length === 0)).toEqual([])
    expect(rows.flatMap(({ proof }) => inCode(proof)).filter((file) => !/\.test\.tsx?$/.test(file) || !exists(folderOf(file)))).toEqual([])
  })
  test('gives a reason for each refusal', () => {
    const reasons = read('docs/coverage.md').split('## Refused')[1] ?? ''
    expect(rows.filter(({ id, state }) => state === 'refused' && !new RegExp(`\\b${id}\\b`).test(reasons))).toEqual([])
  })
})

describe('docs/threat-model.md', () => {
  const rows = tableRows(read('docs/threat-model.md'), /^T\d/)

  test('has the threats T1 to T24', () => {
    expect([...new Set(rows.map(([id = '']) => Number(/\d+/.exec(id)?.[0])))]).toEqual(Array.from({ length: 24 }, (_, index) => index + 1))
  })
  test('names a test for what holds today, or says "not yet"', () => {
    const wrong = rows
      .map((cells) => cells.at(-1) ?? '')
      .filter((today) => today !== 'not yet' && (inCode(today).length === 0 || !inCode(today).every((file) => exists(folderOf(file)))))
    expect(wrong).toEqual([])
  })
})

describe('docs/hipaa-map.md', () => {
  const rows = tableRows(read('docs/hipaa-map.md'), /^(164|47 CFR)/)

  test('names folders and tests that are there, or says "not yet"', () => {
    expect(rows.length).toBeGreaterThan(35)
    for (const [rule = '', , folder = '', proof = ''] of rows) {
      for (const it of inCode(folder)) expect(words.has(it) || exists(folderOf(it)), `${rule}: ${it}`).toBe(true)
      expect(
        proof === 'not yet' || (inCode(proof).length > 0 && inCode(proof).every((file) => exists(folderOf(file)))),
        `${rule}: ${proof}`,
      ).toBe(true)
    }
  })
})

describe('sizes', () => {
  test('README.md fits on a screen: at most 60 lines', () => {
    expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(60)
  })
  test('a decision fits on a page', () => {
    for (const file of readdirSync(path.join(root, 'docs/decisions')))
      expect(read(`docs/decisions/${file}`).split('\n').length, file).toBeLessThanOrEqual(60)
  })
})
