import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { machineDisk } from './disk.ts'
import type { LedgerDisk } from './disk.ts'
import { kekFrom, readKek } from './kek.ts'
import { openLedger, readLedger } from './ledger.ts'

const kek = kekFrom(Buffer.alloc(32, 1))
const scope = { org: '11111111-1111-4111-8111-111111111111', bucket: 'team', month: '2026-03' } as const
const other = { ...scope, org: '22222222-2222-4222-8222-222222222222' }
let folder: string
beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'wardline-ledger-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))
const copies = () => Promise.all(['a', 'b'].map((copy) => readFile(path.join(folder, copy, 'data-keys.jsonl'), 'utf8')))

test('what was sealed opens after a restart, from either copy', async () => {
  const ledger = await openLedger(folder, kek)
  const box = await ledger.seal(scope, Buffer.from('hello'), 'table|1')
  await ledger.close()
  for (const lost of ['a', 'b']) {
    await rm(path.join(folder, lost), { recursive: true })
    const again = await openLedger(folder, kek)
    expect(again.open(scope.org, box.dataKey, box.sealed, 'table|1').toString()).toBe('hello')
    await again.close()
    const [a, b] = await copies()
    expect(a).toBe(b)
  }
})

test('a sealed value does not open in another row, for another organisation, or with a bit flipped', async () => {
  const ledger = await openLedger(folder, kek)
  const box = await ledger.seal(scope, Buffer.from('hello'), 'table|1')
  expect(() => ledger.open(scope.org, box.dataKey, box.sealed, 'table|2')).toThrow(expect.objectContaining({ code: 'not-authentic' }))
  expect(() => ledger.open(other.org, box.dataKey, box.sealed, 'table|1')).toThrow(expect.objectContaining({ code: 'not-in-ledger' }))
  for (let i = 0; i < box.sealed.length; i += 1) {
    const bent = Buffer.from(box.sealed)
    bent[i]! ^= 1
    expect(() => ledger.open(scope.org, box.dataKey, bent, 'table|1')).toThrow(expect.objectContaining({ code: 'not-authentic' }))
  }
})

test('two at once make one key; sealNow works once it is there', async () => {
  const ledger = await openLedger(folder, kek)
  expect(ledger.sealNow(scope, Buffer.from('x'), 'c')).toBeUndefined()
  const boxes = await Promise.all(Array.from({ length: 20 }, () => ledger.seal(scope, Buffer.from('x'), 'c')))
  expect(new Set(boxes.map((box) => box.dataKey)).size).toBe(1)
  expect(ledger.sealNow(scope, Buffer.from('x'), 'c')!.dataKey).toBe(boxes[0]!.dataKey)
})

test('a destroyed key is gone from both copies and stays gone, also when a crash left it in one', async () => {
  const ledger = await openLedger(folder, kek)
  const box = await ledger.seal(scope, Buffer.from('x'), 'c')
  const kept = await ledger.seal(other, Buffer.from('y'), 'c')
  const [before] = await copies()
  const { wrapped } = JSON.parse(before!.split('\n')[0]!) as { wrapped: string }
  expect(await ledger.destroy(scope)).toEqual([box.dataKey])
  expect(await ledger.destroy(scope)).toEqual([])
  expect(() => ledger.open(scope.org, box.dataKey, box.sealed, 'c')).toThrow(expect.objectContaining({ code: 'erased' }))
  expect((await copies()).some((text) => text.includes(wrapped))).toBe(false)
  await ledger.close()
  // A crash after the mark: copy b still has the key, and its mark.
  await writeFile(path.join(folder, 'b/data-keys.jsonl'), before + JSON.stringify({ id: box.dataKey, ...scope, destroyed: true }) + '\n')
  const again = await openLedger(folder, kek)
  expect(() => again.open(scope.org, box.dataKey, box.sealed, 'c')).toThrow(expect.objectContaining({ code: 'erased' }))
  expect(again.open(other.org, kept.dataKey, kept.sealed, 'c').toString()).toBe('y')
  expect((await copies()).some((text) => text.includes(wrapped))).toBe(false)
})

test('a key that was destroyed is told from one that is lost, also after restarts', async () => {
  const ledger = await openLedger(folder, kek)
  const gone = await ledger.seal(scope, Buffer.from('x'), 'c')
  await ledger.destroy(scope)
  await ledger.close()
  for (let i = 0; i < 2; i += 1) {
    const again = await openLedger(folder, kek)
    expect(again.stateOf(scope.org, gone.dataKey)).toBe('destroyed')
    expect(again.stateOf(other.org, gone.dataKey)).toBe('unknown')
    await again.close()
  }
  for (const copy of ['a', 'b']) await rm(path.join(folder, copy), { recursive: true })
  for (const emptied of [false, true]) {
    if (emptied) for (const copy of ['a', 'b']) await writeFile(path.join(folder, copy, 'data-keys.jsonl'), Buffer.alloc(500))
    const empty = await openLedger(folder, kek)
    expect(() => empty.open(scope.org, gone.dataKey, gone.sealed, 'c')).toThrow(expect.objectContaining({ code: 'not-in-ledger' }))
    await empty.close()
  }
})

/** The machine's disk, with faults: `fails` says of a call whether it fails, after half of its work. */
const brokenDisk = (fails: (call: keyof LedgerDisk, file: string) => boolean, code = 'ENOSPC'): LedgerDisk => {
  const failing = () => Object.assign(new Error(code), { code })
  return {
    read: async (file) => {
      if (fails('read', file)) throw failing()
      return machineDisk.read(file)
    },
    makeFolder: async (made) => {
      if (fails('makeFolder', made)) throw failing()
      return machineDisk.makeFolder(made)
    },
    append: async (file, text) => {
      const broken = fails('append', file)
      await machineDisk.append(file, broken ? text.slice(0, text.length / 2) : text)
      if (broken) throw failing()
    },
    truncate: async (file, length) => {
      if (fails('truncate', file)) throw failing()
      await machineDisk.truncate(file, length)
    },
    replace: async (file, text) => {
      if (fails('replace', file)) throw failing()
      await machineDisk.replace(file, text)
    },
  }
}

test.each([
  ['in the first copy', 'a', false],
  ['in the second copy', 'b', false],
  ['in the first copy, which then cannot be cut either', 'a', true],
])('a line that a full disk cut %s is taken back, and the next key is not glued to it', async (_where, copy, alsoCut) => {
  let full = false
  const ledger = await openLedger(
    folder,
    kek,
    brokenDisk((call, file) => full && (call === 'append' ? file.includes(`/${copy}/`) : call === 'truncate' && alsoCut)),
  )
  const first = await ledger.seal(scope, Buffer.from('x'), 'c')
  full = true
  await expect(ledger.seal(other, Buffer.from('y'), 'c')).rejects.toMatchObject({ name: 'KeyFailure', code: 'ledger-unwritable' })
  expect(ledger.sealNow(other, Buffer.from('y'), 'c')).toBeUndefined()
  full = false
  const second = await ledger.seal(other, Buffer.from('y'), 'c')
  const [a, b] = await copies()
  expect([a!.split('\n').length, a === b]).toEqual([3, true])
  await ledger.close()
  const again = await openLedger(folder, kek)
  expect(again.open(scope.org, first.dataKey, first.sealed, 'c').toString()).toBe('x')
  expect(again.open(other.org, second.dataKey, second.sealed, 'c').toString()).toBe('y')
})

test('a destruction that a full disk stopped before the tombstones stand has not happened; after them it has, and ends later', async () => {
  let fails: (call: string, file: string) => boolean = () => false
  const ledger = await openLedger(
    folder,
    kek,
    brokenDisk((call, file) => fails(call, file)),
  )
  const box = await ledger.seal(scope, Buffer.from('x'), 'c')
  const { wrapped } = JSON.parse((await copies())[0]!) as { wrapped: string }
  const kept = await ledger.seal(other, Buffer.from('y'), 'c')
  fails = (call, file) => call === 'append' && file.includes('/b/')
  await expect(ledger.destroy(scope)).rejects.toMatchObject({ code: 'ledger-unwritable' })
  expect(ledger.open(scope.org, box.dataKey, box.sealed, 'c').toString()).toBe('x')
  fails = (call, file) => call === 'replace' && file.includes('/b/')
  await expect(ledger.destroy(scope)).rejects.toMatchObject({ code: 'ledger-unwritable' })
  expect(() => ledger.open(scope.org, box.dataKey, box.sealed, 'c')).toThrow(expect.objectContaining({ code: 'erased' }))
  fails = () => false
  await ledger.destroy(scope)
  expect((await copies()).some((text) => text.includes(wrapped))).toBe(false)
  await ledger.close()
  const again = await openLedger(folder, kek)
  expect(again.stateOf(scope.org, box.dataKey)).toBe('destroyed')
  expect(again.open(other.org, kept.dataKey, kept.sealed, 'c').toString()).toBe('y')
})

test('a disk that cannot be read or written says so in our own words, at the start too', async () => {
  const of = (broken: keyof LedgerDisk) =>
    openLedger(
      folder,
      kek,
      brokenDisk((call) => call === broken, 'EACCES'),
    )
  await expect(of('makeFolder')).rejects.toMatchObject({ name: 'KeyFailure', code: 'ledger-unwritable' })
  await expect(of('read')).rejects.toMatchObject({ name: 'KeyFailure', code: 'ledger-unreadable' })
  await expect(of('replace')).rejects.toMatchObject({ name: 'KeyFailure', code: 'ledger-unwritable' })
})

test('a line cut by a power loss is dropped; damage in the middle is named; another key-encryption key is refused', async () => {
  const ledger = await openLedger(folder, kek)
  const box = await ledger.seal(scope, Buffer.from('x'), 'c')
  await ledger.seal(other, Buffer.from('x'), 'c')
  await ledger.close()
  const file = path.join(folder, 'a/data-keys.jsonl')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.slice(0, -20))
  const again = await openLedger(folder, kek)
  expect(again.open(scope.org, box.dataKey, box.sealed, 'c').toString()).toBe('x')
  await again.close()
  await expect(openLedger(folder, kekFrom(Buffer.alloc(32, 2)))).rejects.toMatchObject({ code: 'wrong-kek' })
  await writeFile(file, 'damage\n' + text)
  await expect(openLedger(folder, kek)).rejects.toMatchObject({ code: 'ledger-damaged' })
})

test('a reader beside the owner opens what is there and changes nothing, also where the copies differ', async () => {
  const ledger = await openLedger(folder, kek)
  const box = await ledger.seal(scope, Buffer.from('x'), 'c')
  const reader = await readLedger(folder, kek)
  expect(reader).toMatchObject({ size: 1, copiesEqual: true })
  expect(reader.open(scope.org, box.dataKey, box.sealed, 'c').toString()).toBe('x')
  await ledger.seal(other, Buffer.from('y'), 'c')
  await ledger.close()
  const [a] = await copies()
  await writeFile(path.join(folder, 'b/data-keys.jsonl'), a!.slice(0, -20))
  const before = await copies()
  expect(await readLedger(folder, kek)).toMatchObject({ size: 2, copiesEqual: false })
  expect(await copies()).toEqual(before)
  expect(await readLedger(path.join(folder, 'none'), kek)).toMatchObject({ size: 0, copiesEqual: true })
  await expect(readLedger(folder, kekFrom(Buffer.alloc(32, 2)))).rejects.toMatchObject({ code: 'wrong-kek' })
})

test('the key-encryption key: made once, never in the data folder, never readable by others', async () => {
  const dataFolder = path.join(folder, 'data')
  const file = path.join(folder, 'data.kek')
  const made = await readKek({ file, dataFolder, create: true })
  expect((await readKek({ file, dataFolder, create: true })).id).toBe(made.id)
  await expect(readKek({ file: path.join(dataFolder, 'kek'), dataFolder, create: true })).rejects.toMatchObject({
    code: 'kek-in-data-folder',
  })
  await chmod(file, 0o644)
  await expect(readKek({ file, dataFolder })).rejects.toMatchObject({ code: 'kek-readable-by-others' })
  await expect(readKek({ file: path.join(folder, 'none'), dataFolder })).rejects.toMatchObject({ code: 'no-kek' })
  await expect(readKek({ base64: 'short', dataFolder })).rejects.toMatchObject({ code: 'bad-kek' })
})
