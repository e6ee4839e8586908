import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  COSIGNATURE,
  LOG_SIGNATURE,
  NoteError,
  cosignatureLine,
  decodeSkey,
  decodeVkey,
  encodeSkey,
  encodeVkey,
  openCheckpoint,
  signCheckpoint,
  withSignatures,
} from './note.ts'
import type { Checkpoint, CheckpointTrust, NoteSigner } from './note.ts'
import { emptyRoot, leafHash } from './tree.ts'

const refused = (code: string) => expect.objectContaining({ code })
const signer = (name: string, type: typeof LOG_SIGNATURE | typeof COSIGNATURE = LOG_SIGNATURE, seed = 1): NoteSigner =>
  decodeSkey(encodeSkey(name, type, new Uint8Array(32).fill(seed)))

const origin = 'maple.example/log/0192f3b4'
const log = signer(origin)
const witness = signer('witness.example/ellis', COSIGNATURE, 2)
const other = signer('witness.example/peer', COSIGNATURE, 3)
const checkpoint: Checkpoint = { origin, size: 20_852_163, root: leafHash(Buffer.of(1)), extensions: [] }
const note = signCheckpoint(checkpoint, log)
const cosigned = withSignatures(note, cosignatureLine(note, witness, 1_679_315_147))
const trust: CheckpointTrust = { origin, logKeys: [log.key], witnesses: [witness.key], unknown: 'refuse' }
const lenient: CheckpointTrust = { ...trust, unknown: 'ignore' }

describe('against what others made', () => {
  const skey = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
  const vkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

  test('keys of the Go package that defined notes read and write the same text', () => {
    const peter = decodeSkey(skey)
    expect(encodeVkey(peter.key)).toBe(vkey)
    expect(encodeVkey(decodeVkey(vkey))).toBe(vkey)
    expect(encodeSkey('PeterNeumann', LOG_SIGNATURE, Buffer.from('gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=', 'base64'))).toBe(skey)
  })

  // A public checkpoint of a certificate transparency log with its witnesses' signatures.
  const foreign = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
`
  const foreignTrust: CheckpointTrust = {
    origin: 'arche2025h1.staging.ct.transparency.dev',
    logKeys: [decodeVkey('arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f')],
    witnesses: [
      decodeVkey('remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'),
      decodeVkey('transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM'),
    ],
    unknown: 'ignore',
  }

  test('a checkpoint of a public log and the cosignatures of public witnesses verify', () => {
    const opened = openCheckpoint(foreign, foreignTrust)
    expect(opened.size).toBe(1_432_088_532)
    expect(opened.cosignatures).toEqual([
      { name: 'transparency.dev/DEV:witness-little-garden', time: 0x6a122120 },
      { name: 'remora.n621.de', time: 0x6a122120 },
    ])
    expect(() => openCheckpoint(foreign.replace('1432088532', '1432088533'), foreignTrust)).toThrow(refused('signature'))
    expect(() => openCheckpoint(foreign, { ...foreignTrust, unknown: 'refuse' })).toThrow(refused('unknown-key'))
  })
})

describe('keys', () => {
  test('have ids that bind name, type and key', () => {
    const raw = createPublicKey(log.privateKey).export({ format: 'jwk' }).x!
    const id = createHash('sha256').update(`${origin}\n\u0001`).update(Buffer.from(raw, 'base64url')).digest('hex').slice(0, 8)
    expect(log.key.id).toBe(id)
    expect(signer(origin, COSIGNATURE).key.id).not.toBe(log.key.id)
    expect(signer(`${origin}x`).key.id).not.toBe(log.key.id)
  })

  test('come back from their text; the text with any character changed, cut or added does not', () => {
    for (const [text, read] of [
      [encodeVkey(log.key), decodeVkey],
      [encodeSkey(origin, LOG_SIGNATURE, new Uint8Array(32).fill(1)), decodeSkey],
    ] as const) {
      expect(() => read(text)).not.toThrow()
      for (let i = 0; i < text.length; i++) {
        const next = String.fromCharCode(text.charCodeAt(i) + 1)
        for (const bad of [
          text.slice(0, i),
          text.slice(i + 1),
          `${text.slice(0, i)}${next}${text.slice(i + 1)}`,
          `${text.slice(0, i)}A${text.slice(i)}`,
        ]) {
          if (bad !== text) expect(() => read(bad), bad).toThrow(NoteError)
        }
      }
      expect(() => read(`${text}\n`)).toThrow(NoteError)
    }
  })

  test('with which anybody could sign are refused', () => {
    for (const point of ['01' + '00'.repeat(31), '00'.repeat(32), 'ec' + 'ff'.repeat(30) + '7f', 'ff'.repeat(32)]) {
      const raw = Buffer.from(point, 'hex')
      const bytes = Buffer.concat([Buffer.of(COSIGNATURE), raw])
      const id = createHash('sha256').update('w\n').update(bytes).digest('hex').slice(0, 8)
      expect(() => decodeVkey(`w+${id}+${bytes.toString('base64')}`)).toThrow(refused('key'))
    }
  })

  test('with names that would break a line, types that are not ours and seeds of another length are refused', () => {
    const seed = new Uint8Array(32)
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\nb', 'a\u2028b', 'a\ud800']) {
      expect(() => encodeSkey(name, LOG_SIGNATURE, seed)).toThrow(refused('name'))
    }
    expect(() => encodeSkey('a', LOG_SIGNATURE, new Uint8Array(31))).toThrow(refused('key'))
    expect(() => encodeSkey('a', 2 as typeof LOG_SIGNATURE, seed)).toThrow(refused('key-type'))
    // An ML-DSA-44 key (0x06) is a real one, only not for us yet.
    expect(() => decodeVkey('a+00000000+Bg==')).toThrow(refused('key-type'))
  })
})

describe('a checkpoint', () => {
  test('comes back as it was signed, with its witnesses', () => {
    expect(openCheckpoint(note, trust)).toEqual({ ...checkpoint, root: Buffer.from(checkpoint.root), cosignatures: [] })
    expect(openCheckpoint(cosigned, trust).cosignatures).toEqual([{ name: 'witness.example/ellis', time: 1_679_315_147 }])
    const extended = signCheckpoint({ ...checkpoint, extensions: ['a line', '— another'] }, log)
    expect(openCheckpoint(extended, trust).extensions).toEqual(['a line', '— another'])
    const empty = signCheckpoint({ origin, size: 0, root: emptyRoot(), extensions: [] }, log)
    expect(openCheckpoint(empty, trust).size).toBe(0)
  })

  test('any one byte of note and cosignature changed is refused', () => {
    const bytes = Buffer.from(cosigned)
    for (let i = 0; i < bytes.length; i++) {
      for (const mask of [1, 0x20, 0x80]) {
        const changed = Buffer.from(bytes)
        changed[i] = bytes[i]! ^ mask
        expect(() => openCheckpoint(changed.toString(), trust), `byte ${i}`).toThrow(NoteError)
      }
    }
  })

  test('any cut, doubled or added piece is refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: cosigned.length }), fc.nat({ max: 90 }), fc.constantFrom('cut', 'double', 'add'), (from, length, kind) => {
        const piece = cosigned.slice(from, from + length + 1)
        const [head, tail] = [cosigned.slice(0, from), cosigned.slice(from + (kind === 'double' ? 0 : length + 1))]
        const changed = kind === 'cut' ? head + tail : kind === 'double' ? head + piece + tail : `${head}x${cosigned.slice(from)}`
        if (changed === cosigned) return
        // Cutting off whole cosignature lines leaves the log's own valid note.
        if (changed === note) return
        expect(() => openCheckpoint(changed, trust)).toThrow(NoteError)
      }),
      { numRuns: 500 },
    )
  })

  test('signed by other keys only is refused; other keys beside the log are ignored for outsiders and refused in our store', () => {
    const stranger = signer(origin, LOG_SIGNATURE, 9)
    expect(() => openCheckpoint(signCheckpoint(checkpoint, stranger), lenient)).toThrow(refused('unsigned'))
    const both = withSignatures(cosigned, cosignatureLine(note, other, 5))
    expect(openCheckpoint(both, lenient).cosignatures).toHaveLength(1)
    expect(() => openCheckpoint(both, trust)).toThrow(refused('unknown-key'))
    // A cosignature alone is no log signature.
    const [body = '', signatures = ''] = cosigned.split('\n\n')
    expect(() => openCheckpoint(`${body}\n\n${signatures.split('\n')[1]!}\n`, trust)).toThrow(refused('unsigned'))
  })

  test('one bad signature by a known key refuses the note, good ones beside it or not', () => {
    const forged = cosignatureLine(signCheckpoint({ ...checkpoint, size: 1 }, log), witness, 7)
    expect(() => openCheckpoint(withSignatures(note, forged), lenient)).toThrow(refused('signature'))
  })

  test('a key that signs under the name and id of another is caught by the key itself', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const forged = signCheckpoint(checkpoint, { key: log.key, privateKey })
    expect(() => openCheckpoint(forged, trust)).toThrow(refused('signature'))
  })

  test('of another log is refused', () => {
    const foreign = signCheckpoint({ ...checkpoint, origin: 'maple.example/log/other' }, log)
    expect(() => openCheckpoint(foreign, trust)).toThrow(refused('origin'))
  })

  test('two lines by one key are refused, two keys of one name are not', () => {
    const line = note.split('\n\n')[1]!
    expect(() => openCheckpoint(note + line, trust)).toThrow(refused('duplicate'))
    const rotated = signer(origin, LOG_SIGNATURE, 4)
    const twice = withSignatures(note, signCheckpoint(checkpoint, rotated).split('\n\n')[1]!)
    expect(openCheckpoint(twice, { ...trust, logKeys: [log.key, rotated.key] }).size).toBe(checkpoint.size)
  })

  test('a newer cosignature replaces the older one by the same witness', () => {
    const again = withSignatures(cosigned, cosignatureLine(cosigned, witness, 1_679_315_148))
    expect(openCheckpoint(again, trust).cosignatures).toEqual([{ name: 'witness.example/ellis', time: 1_679_315_148 }])
  })

  test.each<[string, Partial<Checkpoint>]>([
    ['a size with a fraction', { size: 1.5 }],
    ['a negative size', { size: -1 }],
    ['a short root', { root: new Uint8Array(31) }],
    ['a root for no entries that is not the empty one', { size: 0 }],
    ['no origin', { origin: '' }],
    ['an origin of two lines', { origin: 'a\nb' }],
    ['an empty extension', { extensions: [''] }],
    ['an extension of two lines', { extensions: ['a\n\n— b c'] }],
  ])('with %s is not signed', (_what, change) => {
    expect(() => signCheckpoint({ ...checkpoint, ...change }, log)).toThrow(refused('malformed'))
  })

  test.each([
    ['a size with a leading zero', (it: string) => it.replace('\n20852163\n', '\n020852163\n')],
    ['a size with a sign', (it: string) => it.replace('\n20852163\n', '\n+20852163\n')],
    ['a root without padding', (it: string) => it.replace('=\n\n', '\n\n')],
    ['Windows line ends', (it: string) => it.replaceAll('\n', '\r\n')],
    ['a tab for a space', (it: string) => it.replace('— ', '—\t')],
    ['a hyphen for the dash', (it: string) => it.replace('— ', '- ')],
    ['no last newline', (it: string) => it.slice(0, -1)],
    ['a blank last line', (it: string) => `${it}\n`],
    ['no signature', (it: string) => it.slice(0, it.indexOf('—'))],
    ['a lone surrogate in the body', (it: string) => it.replace('\n', '\ud800\n')],
    ['a signature of no bytes', (it: string) => `${it}— k AAAAAA==\n`],
    ['more signatures than anyone needs', (it: string) => it + Array.from({ length: 70 }, (_, i) => `— k${i} AAAAAAA=\n`).join('')],
    ['more text than anyone needs', (it: string) => it.replace('\n\n', `\n${'x'.repeat(140_000)}\n\n`)],
  ])('with %s is refused', (_what, change) => {
    const changed = change(note)
    expect(changed).not.toBe(note)
    expect(() => openCheckpoint(changed, lenient)).toThrow(refused('malformed'))
  })

  test('is all that a witness signs', () => {
    expect(() => cosignatureLine('hello\n\n— k AAAAAAA=\n', witness, 5)).toThrow(refused('malformed'))
  })

  test('two known keys under one name and id are a mistake, not a choice', () => {
    const twin = { ...log.key, publicKey: witness.key.publicKey }
    expect(() => openCheckpoint(note, { ...trust, logKeys: [log.key, twin] })).toThrow(refused('key'))
    expect(openCheckpoint(note, { ...trust, logKeys: [log.key, log.key] }).size).toBe(checkpoint.size)
  })

  test('keys are used only for what they are', () => {
    expect(() => signCheckpoint(checkpoint, witness)).toThrow(refused('key-type'))
    expect(() => cosignatureLine(note, log, 5)).toThrow(refused('key-type'))
    expect(() => openCheckpoint(note, { ...trust, logKeys: [witness.key] })).toThrow(refused('key-type'))
    expect(() => openCheckpoint(note, { ...trust, witnesses: [log.key] })).toThrow(refused('key-type'))
    for (const seconds of [0, -1, 1.5, NaN, 2 ** 53]) expect(() => cosignatureLine(note, witness, seconds)).toThrow(refused('time'))
  })
})
