// Checks package-lock.json: `npm ci` works from it on any machine, and every package comes from a registry, pinned and with a hash.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './root.ts'

/** What package-lock.json (version 3) says of one package; the place "" is the project itself. */
export interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What is wrong with a lock, one sentence each; empty when nothing is. `manifest` gives the package.json of a workspace's place. */
export function lockFaults(
  lock: { readonly packages: Readonly<Record<string, LockEntry>> },
  manifest: (place: string) => LockEntry,
): string[] {
  const faults: string[] = []
  for (const [place, entry] of Object.entries(lock.packages)) {
    const ours = !place.includes('node_modules')
    if (entry.link || entry.inBundle) continue
    if (!ours) {
      if (!entry.integrity) faults.push(`${place} has no integrity hash.`)
      if (entry.resolved !== undefined && !/^https:\/\/[^?#]+\.tgz$/.test(entry.resolved))
        faults.push(`${place} comes from ${entry.resolved}, which is no registry.`)
    }
    // A name without an entry is a hole that `npm ci` stops at; npm leaves such holes for optional packages of other platforms.
    const wanted = { ...entry.dependencies, ...entry.optionalDependencies, ...(ours ? entry.devDependencies : {}) }
    for (const name of Object.keys(wanted))
      if (!isLocked(lock.packages, place, name)) faults.push(`${place || 'package.json'} needs ${name}, which has no entry.`)
    if (ours) faults.push(...driftFaults(place, entry, manifest(place)))
  }
  return faults
}

function isLocked(packages: Readonly<Record<string, LockEntry>>, place: string, name: string): boolean {
  for (let folder = place; ; folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '') {
    if (!folder.endsWith('node_modules') && `${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true
    if (folder === '') return false
  }
}

function driftFaults(place: string, locked: LockEntry, manifest: LockEntry): string[] {
  const faults: string[] = []
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    const here = manifest[kind] ?? {}
    const there = locked[kind] ?? {}
    for (const name of new Set([...Object.keys(here), ...Object.keys(there)])) {
      if (here[name] !== there[name])
        faults.push(
          `${path.posix.join(place, 'package.json')} asks for ${name} ${here[name] ?? '(nothing)'}, the lock for ${there[name] ?? '(nothing)'}.`,
        )
      const version = here[name]
      if (version !== undefined && !/^(npm:(@?[^@]+)@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        faults.push(`${path.posix.join(place, 'package.json')} does not pin ${name} (${version}).`)
    }
  }
  return faults
}

if (import.meta.main) {
  const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'))
  const faults = lockFaults(
    read('package-lock.json') as Parameters<typeof lockFaults>[0],
    (place) => read(path.join(place, 'package.json')) as LockEntry,
  )
  for (const fault of faults) console.log(fault)
  if (faults.length > 0) console.log('\nRepair: npm install --package-lock-only, then npm ci')
  process.exitCode = faults.length > 0 ? 1 : 0
}
