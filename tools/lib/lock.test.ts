import { describe, expect, test } from 'vitest'
import { lockFaults, type LockEntry } from './lock.ts'

const registry = { version: '1.0.0', integrity: 'sha512-x' }
const faults = (packages: Record<string, LockEntry>, manifest: LockEntry = packages[''] ?? {}): string[] =>
  lockFaults({ packages }, () => manifest)

describe('a lock', () => {
  test('that is complete has no faults', () => {
    expect(
      faults({
        '': { dependencies: { a: '1.0.0' } },
        'node_modules/a': { ...registry, dependencies: { b: '^1.0.0' } },
        'node_modules/a/node_modules/b': registry,
      }),
    ).toEqual([])
  })
  test('with a hole in the optional packages of another platform is refused', () => {
    const packages = {
      '': { devDependencies: { a: '1.0.0' } },
      'node_modules/a': { ...registry, optionalDependencies: { 'a-win32': '1.0.0' } },
    }
    expect(faults(packages)).toEqual(['node_modules/a needs a-win32, which has no entry.'])
  })
  test('without a hash is refused', () => {
    expect(faults({ 'node_modules/a': { version: '1.0.0' } })).toEqual(['node_modules/a has no integrity hash.'])
  })
  test('that takes a package from elsewhere is refused', () => {
    expect(faults({ 'node_modules/a': { ...registry, resolved: 'git+ssh://git@example.org/a.git#0' } })).toHaveLength(1)
  })
  test('that is older than a package.json is refused', () => {
    expect(faults({ '': { dependencies: { a: '1.0.0' } }, 'node_modules/a': registry }, { dependencies: { a: '2.0.0' } })).toEqual([
      'package.json asks for a 2.0.0, the lock for 1.0.0.',
    ])
  })
  test('of versions that are not pinned is refused', () => {
    expect(faults({ '': { dependencies: { a: '^1.0.0' } }, 'node_modules/a': registry })).toEqual(['package.json does not pin a (^1.0.0).'])
  })
  test('finds packages in the folders above, as Node does', () => {
    const packages = {
      'apps/cli': { dependencies: { a: '1.0.0', b: '1.0.0' } },
      'apps/cli/node_modules/a': registry,
      'node_modules/b': registry,
    }
    expect(lockFaults({ packages }, () => packages['apps/cli'])).toEqual([])
  })
})
