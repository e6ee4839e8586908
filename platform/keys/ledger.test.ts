import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
  expect(() => ledger.open(other.org, box.dataKey, box.sealed, 'table|1')).toThrow(expect.objectContaining({ code: 'erased' }))
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
  expect(await ledger.destroy(scope.org, scope.bucket, scope.month)).toBe(1)
  expect(() => ledger.open(scope.org, box.dataKey, box.sealed, 'c')).toThrow(expect.objectContaining({ code: 'erased' }))
  expect((await copies()).some((text) => text.includes(box.dataKey))).toBe(false)
  await ledger.close()
  // A crash after the mark: copy b still has the key, and its mark.
  await writeFile(path.join(folder, 'b/data-keys.jsonl'), before + JSON.stringify({ id: box.dataKey, destroyed: true }) + '\n')
  const again = await openLedger(folder, kek)
  expect(() => again.open(scope.org, box.dataKey, box.sealed, 'c')).toThrow(expect.objectContaining({ code: 'erased' }))
  expect(again.open(other.org, kept.dataKey, kept.sealed, 'c').toString()).toBe('y')
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
