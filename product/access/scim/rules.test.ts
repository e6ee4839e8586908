import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Resource } from './rules.ts'
import { meets, patch, plainEquality, readFilter, readPatch, ScimRefused } from './rules.ts'

const ana: Resource = {
  id: '2819c223',
  externalId: 'E-1',
  userName: 'Ana.Osei@mercy.example',
  active: true,
  name: { givenName: 'Ana', familyName: 'Osei' },
  emails: [
    { value: 'ana@mercy.example', type: 'work' },
    { value: 'ana@home.example', type: 'home' },
  ],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'ICU' },
}
const code = (run: () => unknown): string => {
  try {
    run()
    return 'fine'
  } catch (thrown) {
    return thrown instanceof ScimRefused ? `${thrown.type}` : String(thrown)
  }
}

describe('filters', () => {
  test.each([
    ['userName eq "ana.osei@MERCY.example"', true],
    ['externalId eq "e-1"', false],
    ['externalId eq "E-1"', true],
    ['name.familyName co "SE"', true],
    ['userName sw "ben"', false],
    ['active eq "True"', true],
    ['active eq false', false],
    ['title pr', false],
    ['emails pr and not (title pr)', true],
    ['emails[type eq "work" and value co "@home"]', false],
    ['emails[type eq "home" and value co "@home"]', true],
    ['emails.type eq "home"', true],
    ['emails eq "ana@home.example"', true],
    ['title pr or (active eq true and userName ew ".example")', true],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "icu"', true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ana"', true],
    ['userName ne "ana.osei@mercy.example"', false],
    ['userName gt "a" and userName lt "b"', true],
  ])('%s', (filter, expected) => expect(meets(ana, readFilter(filter))).toBe(expected))

  test.each([
    '',
    'userName',
    'userName eq',
    'userName eq Ana',
    'userName is "x"',
    '(userName pr',
    'userName pr)',
    'emails[type eq "x"',
    'x eq "a',
    '"a" eq "b"',
  ])('%s is refused', (filter) => expect(code(() => readFilter(filter))).toBe('invalidFilter'))

  test('and binds more than or', () => {
    expect(meets(ana, readFilter('active eq true or active eq true and active eq false'))).toBe(true)
    expect(meets(ana, readFilter('(active eq true or active eq true) and active eq false'))).toBe(false)
  })

  test('no text makes the reader do anything but read or refuse', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.array(fc.constantFrom('userName', 'eq', '"a"', 'and', 'or', 'not', '(', ')', '[', ']', 'pr')).map((it) => it.join(' ')),
        ),
        (text) => ['fine', 'invalidFilter'].includes(code(() => meets(ana, readFilter(text)))),
      ),
    ))

  test('depth and length end', () => {
    expect(code(() => readFilter(`${'('.repeat(50)}userName pr${')'.repeat(50)}`))).toBe('invalidFilter')
    expect(code(() => readFilter(`userName eq "${'a'.repeat(2_000)}"`))).toBe('invalidFilter')
  })

  test('what an index can answer is recognised', () => {
    expect(plainEquality(readFilter('userName eq "x"'))).toEqual({ attribute: 'username', value: 'x' })
    expect(plainEquality(readFilter('userName eq "x" or active eq true'))).toBeNull()
  })
})

const changed = (...operations: object[]) => patch(ana, readPatch({ Operations: operations as never }))

describe('changes', () => {
  test('as Entra writes them', () => {
    expect(changed({ op: 'Replace', path: 'active', value: 'False' }).active).toBe('False')
    expect(changed({ op: 'Add', path: 'name.givenName', value: 'Anna' }).name).toEqual({ givenName: 'Anna', familyName: 'Osei' })
    expect(changed({ op: 'Replace', value: { 'name.givenName': 'Anna', active: false } })).toMatchObject({
      name: { givenName: 'Anna' },
      active: false,
    })
    expect(changed({ op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@mercy.example' }).emails).toEqual([
      { value: 'new@mercy.example', type: 'work' },
      { value: 'ana@home.example', type: 'home' },
    ])
    expect(changed({ op: 'Add', path: 'emails[type eq "other"].value', value: 'o@x' }).emails).toHaveLength(3)
    const path = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department'
    expect(changed({ op: 'Add', path, value: 'ER' })['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User']).toEqual({
      department: 'ER',
    })
  })

  test('members come and go in every spelling', () => {
    const group: Resource = { displayName: 'ICU', members: [{ value: 'a' }, { value: 'b' }] }
    const after = (...operations: object[]) => patch(group, readPatch({ Operations: operations as never })).members
    expect(after({ op: 'add', path: 'members', value: [{ value: 'b' }, { value: 'c' }] })).toEqual([
      { value: 'a' },
      { value: 'b' },
      { value: 'c' },
    ])
    expect(after({ op: 'Remove', path: 'members', value: [{ value: 'a' }] })).toEqual([{ value: 'b' }])
    expect(after({ op: 'remove', path: 'members[value eq "a"]' })).toEqual([{ value: 'b' }])
    expect(after({ op: 'remove', path: 'members' })).toBeUndefined()
    expect(after({ op: 'replace', path: 'members', value: [{ value: 'z' }] })).toEqual([{ value: 'z' }])
  })

  test.each([
    [{ op: 'move', path: 'a' }, 'invalidSyntax'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'add', path: 'title' }, 'invalidValue'],
    [{ op: 'add', path: 'a b', value: 1 }, 'invalidPath'],
    [{ op: 'add', path: '__proto__', value: {} }, 'invalidPath'],
    [{ op: 'add', path: 'urn:a:__proto__', value: {} }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type eq]', value: 1 }, 'invalidFilter'],
    [{ op: 'replace', path: 'emails[not (type pr)]', value: {} }, 'noTarget'],
  ])('%o is refused', (operation, expected) => expect(code(() => changed(operation))).toBe(expected))

  test('a thousand operations are one PATCH, and no more', () => {
    const title = { op: 'add', path: 'title', value: 'RN' }
    expect(code(() => changed(...Array<object>(1_000).fill(title)))).toBe('fine')
    expect(code(() => changed(...Array<object>(1_001).fill(title)))).toBe('invalidSyntax')
  })

  test('the resource given stays as it was, and doing it twice is doing it once', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('title', 'name.givenName', 'emails[type eq "work"].value', 'active'),
        fc.string({ minLength: 1 }),
        (path, value) => {
          const before = structuredClone(ana)
          const once = changed({ op: 'replace', path, value })
          expect(ana).toEqual(before)
          expect(patch(once, readPatch({ Operations: [{ op: 'replace', path, value }] }))).toEqual(once)
        },
      ),
    ))
})
