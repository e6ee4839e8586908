import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCommands, inSections, type Command } from './palette.ts'

const command = (label: string, more: Partial<Command> = {}): Command => ({ id: label, label, section: 'People', ...more })

describe('findCommands', () => {
  const commands = [
    command('Pharmacy', { keywords: 'drugs' }),
    command('Lee Kim', { description: 'Cardiology' }),
    command('Dr Cardiff'),
    command('Cardiology on call'),
    command('José Núñez'),
  ]
  const found = (query: string) => findCommands(commands, query).map((it) => it.label)

  it('puts a label that begins with the query first, then a word that does, then the rest', () => {
    expect(found('card')).toEqual(['Cardiology on call', 'Dr Cardiff', 'Lee Kim'])
  })

  it('wants every word, anywhere, without regard to case and accents', () => {
    expect(found('KIM card')).toEqual(['Lee Kim'])
    expect(found('nunez')).toEqual(['José Núñez'])
    expect(found('drugs')).toEqual(['Pharmacy'])
    expect(found('nobody')).toEqual([])
  })

  it('never gives more than the limit, and gives only what it was given', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 80 }),
        fc.string({ maxLength: 3 }),
        fc.integer({ min: 1, max: 20 }),
        (labels, query, limit) => {
          const all = labels.map((label) => command(label))
          const result = findCommands(all, query, limit)
          return result.length <= limit && result.every((it) => all.includes(it)) && new Set(result).size === result.length
        },
      ),
    )
  })
})

describe('inSections', () => {
  it('keeps each section once and loses nothing', () => {
    const sections = inSections([command('a', { section: 'X' }), command('b', { section: 'Y' }), command('c', { section: 'X' })])
    expect(sections.map(({ section, commands }) => [section, ...commands.map((it) => it.label)])).toEqual([
      ['X', 'a', 'c'],
      ['Y', 'b'],
    ])
  })
})
