/** The tools that guard the layout. */
export type Tool = 'tsc' | 'cruiser' | 'eslint' | 'knip'

/** One violation, written into files of its own, and who must report it: the tool's rule or error code, in the file named first. */
export interface Seed {
  readonly says: string
  readonly files: Readonly<Record<string, string>>
  readonly caught: Partial<Readonly<Record<Tool, string>>>
}

const sessions = '@wardline/product/access/sessions'
const messages = '@wardline/product/team/messages'

export const seeds: readonly Seed[] = [
  // The wire: server and web never meet.
  {
    says: 'web imports a server by its door',
    files: one('team/s01/web/index.ts', `import { sessions } from '${sessions}/server'`, 'sessions'),
    caught: { tsc: 'TS6307', cruiser: 'web-not-server' },
  },
  {
    says: 'web imports its own server by path',
    files: {
      ...one('team/s02/web/index.ts', `import { secret } from '../server/index.ts'`, 'secret'),
      ...file('team/s02/server/index.ts', 'export const secret = 1'),
    },
    caught: { tsc: 'TS6307', cruiser: 'web-not-server' },
  },
  {
    says: 'web imports a file system',
    files: one('team/s03/web/index.ts', `import { readFileSync } from 'node:fs'`, 'readFileSync'),
    caught: { tsc: 'TS2591', cruiser: 'web-not-node' },
  },
  {
    says: 'web reads the environment',
    files: file('team/s04/web/index.ts', 'export const home = process.env.HOME'),
    caught: { tsc: 'TS2591', eslint: 'no-restricted-syntax' },
  },
  {
    says: 'web imports rules that stay on the server',
    files: one('team/s05/web/index.ts', `import { isNamed } from '${messages}/rules'`, 'isNamed'),
    caught: { cruiser: 'rules-stay-home' },
  },
  {
    says: 'server touches the window',
    files: file('team/s06/server/index.ts', 'export const width = window.innerWidth'),
    caught: { tsc: 'TS2304' },
  },
  {
    says: 'server imports the design system',
    files: one('team/s07/server/index.ts', `import { Mark } from '@wardline/ui'`, 'Mark'),
    caught: { cruiser: 'server-not-web' },
  },

  {
    says: 'the device engine imports a screen',
    files: one('team/s53/client/index.ts', `import { messagesScreen } from '${messages}/web'`, 'messagesScreen'),
    caught: { tsc: 'TS6307', cruiser: 'client-has-no-screens' },
  },
  {
    says: 'the device engine reads the document',
    files: file('team/s54/client/index.ts', 'export const title = document.title'),
    caught: { tsc: 'TS2584' },
  },
  {
    says: 'a server runs the device engine',
    files: one('team/s55/server/index.ts', `import { messagesEngine } from '${messages}/client'`, 'messagesEngine'),
    caught: { tsc: 'TS6307', cruiser: 'server-not-web' },
  },

  // Purity of contracts, rules and crypto.
  {
    says: 'rules import a file system',
    files: one('team/s08/rules.ts', `import { readFileSync } from 'node:fs'`, 'readFileSync'),
    caught: { tsc: 'TS2591', cruiser: 'pure' },
  },
  {
    says: 'contract imports a server',
    files: one('team/s09/contract.ts', `import { sessions } from '${sessions}/server'`, 'sessions'),
    caught: { tsc: 'TS6307', cruiser: 'pure' },
  },
  {
    says: 'rules import the database',
    files: one('team/s10/rules.ts', `import { sql } from '@wardline/platform/db'`, 'sql'),
    caught: { cruiser: 'pure' },
  },
  {
    says: 'rules read the clock',
    files: file('team/s11/rules.ts', 'export function isDue(at: number): boolean {\n  return at < Date.now()\n}'),
    caught: { eslint: 'no-restricted-globals' },
  },
  {
    says: 'rules throw dice',
    files: file('team/s12/rules.ts', 'export function draw(): number {\n  return Math.random()\n}'),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'crypto imports node:crypto',
    files: { 'crypto/s13.ts': `import { randomBytes } from 'node:crypto'\nexport const s13 = randomBytes\n` },
    caught: { tsc: 'TS2591', cruiser: 'crypto-libraries' },
  },
  {
    says: 'crypto imports platform',
    files: { 'crypto/s14.ts': `import { shape } from '@wardline/platform/contract'\nexport const s14 = shape\n` },
    caught: { cruiser: 'crypto-alone' },
  },
  {
    says: 'crypto sends a request',
    files: { 'crypto/s15.ts': `export function s15(): Promise<Response> {\n  return fetch('/')\n}\n` },
    caught: { eslint: 'no-restricted-globals' },
  },
  {
    says: 'crypto keeps state in the browser',
    files: { 'crypto/s16.ts': `export const s16 = indexedDB\n` },
    caught: { eslint: 'no-restricted-globals' },
  },

  // Doors and areas.
  {
    says: 'an import goes past the door',
    files: one('team/s17/server/index.ts', `import { all } from '${messages}/server/queries'`, 'all'),
    caught: { tsc: 'TS2307', cruiser: 'resolves' },
  },
  {
    says: 'a relative path into another feature',
    files: one('team/s18/server/index.ts', `import { messages } from '../../messages/server/index.ts'`, 'messages'),
    caught: { cruiser: 'by-the-door' },
  },
  {
    says: 'two features import each other, types only',
    files: {
      ...file(
        'team/s19/contract.ts',
        `import type { B } from '@wardline/product/team/s19b/contract'\nexport interface A {\n  readonly b: B | undefined\n}`,
      ),
      ...file(
        'team/s19b/contract.ts',
        `import type { A } from '@wardline/product/team/s19/contract'\nexport interface B {\n  readonly a: A | undefined\n}`,
      ),
    },
    caught: { cruiser: 'no-cycles' },
  },
  {
    says: 'team imports compliance',
    files: one('team/s20/server/index.ts', `import { audit } from '@wardline/product/compliance/audit/server'`, 'audit'),
    caught: { cruiser: 'team-points-down' },
  },
  {
    says: 'patients import compliance, a type only',
    files: file(
      'patients/s21/server/index.ts',
      `import type { audit } from '@wardline/product/compliance/audit/server'\nexport type S21 = typeof audit`,
    ),
    caught: { cruiser: 'compliance-listens' },
  },
  {
    says: 'access imports team',
    files: one('access/s22/server/index.ts', `import { messages } from '${messages}/server'`, 'messages'),
    caught: { cruiser: 'access-is-lowest' },
  },
  {
    says: 'team imports patients',
    files: one('team/s23/server/index.ts', `import { texting } from '@wardline/product/patients/texting/server'`, 'texting'),
    caught: { cruiser: 'team-points-down' },
  },
  {
    says: 'integrations import a server that is not access',
    files: one('integrations/s24/server/index.ts', `import { texting } from '@wardline/product/patients/texting/server'`, 'texting'),
    caught: { cruiser: 'integrations-implement-ports' },
  },
  {
    says: 'platform imports product',
    files: { 'platform/s25.ts': `import { sessions } from '${sessions}/server'\nexport const s25 = sessions\n` },
    caught: { cruiser: 'platform-alone' },
  },
  {
    says: 'ui imports a feature',
    files: { 'ui/s26.ts': `import { messagesScreen } from '${messages}/web'\nexport const s26 = messagesScreen\n` },
    caught: { cruiser: 'ui-alone' },
  },
  {
    says: 'product imports an app',
    files: one('team/s27/server/index.ts', `import { features } from '@wardline/app-server'`, 'features'),
    caught: { cruiser: 'apps-are-the-top' },
  },
  {
    says: 'product imports the pretend world',
    files: one('team/s28/server/index.ts', `import { world } from '@wardline/dev'`, 'world'),
    caught: { cruiser: 'no-pretend-world' },
  },
  {
    says: 'shipped code needs a development package',
    files: one('team/s29/server/index.ts', `import { assert } from 'fast-check'`, 'assert'),
    caught: { cruiser: 'shipped' },
  },

  {
    says: 'patients import integrations',
    files: one('patients/s45/server/index.ts', `import { sms } from '@wardline/product/integrations/sms/server'`, 'sms'),
    caught: { cruiser: 'patients-point-down' },
  },
  {
    says: 'a relative path into another workspace',
    files: { 'apps/server/s46.ts': `import { server } from '../../platform/server.ts'\nexport const s46 = server\n` },
    caught: { cruiser: 'workspaces-by-the-door' },
  },
  {
    says: 'the server app imports the web app',
    files: { 'apps/server/s47.ts': `import { screens } from '../web/main.tsx'\nexport const s47 = screens\n` },
    caught: { cruiser: 'apps-apart' },
  },
  {
    says: 'the command line shows a screen',
    files: { 'apps/cli/s58.ts': `import { screens } from '../web/main.tsx'\nexport const s58 = screens\n` },
    caught: { cruiser: 'cli-has-no-screens' },
  },
  {
    says: 'shipped code uses test helpers',
    files: one('team/s48/server/index.ts', `import { helper } from '@wardline/platform/testing'`, 'helper'),
    caught: { cruiser: 'no-test-doors' },
  },
  {
    says: 'the shared half of platform imports the server half',
    files: { 'platform/contract/s49.ts': `import { sql } from '../db/index.ts'\nexport const s49 = sql\n` },
    caught: { cruiser: 'contract-side-pure', tsc: 'TS6307' },
  },
  {
    says: 'a package that no package.json names, shipped in a folder called dist',
    files: one('team/s50/server/index.ts', `import { parse } from 'acorn'`, 'parse'),
    caught: { cruiser: 'declared' },
  },
  {
    says: 'the database driver outside platform',
    files: { 'dev/s51.ts': `import pg from 'pg'\nexport const s51 = pg\n` },
    caught: { cruiser: 'driver-in-platform' },
  },
  {
    says: 'a file that nobody imports and that imports nothing',
    files: { 'platform/s52.ts': 'export const s52 = 1\n' },
    caught: { cruiser: 'no-orphans', knip: 'files' },
  },

  // Three hops, one place for SQL.
  {
    says: 'a route reaches the database',
    files: one('team/s30/server/routes.ts', `import { sql } from '@wardline/platform/db'`, 'sql'),
    caught: { cruiser: 'sql-behind-queries' },
  },
  {
    says: 'SQL outside queries.ts',
    files: file('team/s31/server/list.ts', `import { sql } from '@wardline/platform/db'\nexport const s31 = sql\`select 1\``),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'SQL reads the database clock',
    files: file('team/s32/server/queries.ts', `import { sql } from '@wardline/platform/db'\nexport const s32 = sql\`select now()\``),
    caught: { eslint: 'no-restricted-syntax' },
  },

  // What a file may touch.
  {
    says: 'server reads the wall clock',
    files: file('team/s33/server/index.ts', 'export const s33 = new Date()'),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'server starts a timer',
    files: file('team/s34/server/index.ts', 'export const s34 = setTimeout(() => 1, 10)'),
    caught: { eslint: 'no-restricted-globals' },
  },
  {
    says: 'server imports a timer, so that it is no global',
    files: file('team/s56/server/index.ts', `import { setInterval } from 'node:timers'\nexport const s56 = setInterval(() => 1, 10)`),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'server starts a timer by way of globalThis',
    files: file('team/s57/server/index.ts', 'export const s57 = globalThis.setTimeout(() => 1, 10)'),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'platform reads the environment',
    files: { 'platform/s35.ts': 'export const s35 = process.env.PORT\n' },
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'a promise that nobody waits for',
    files: file(
      'team/s36/server/index.ts',
      'async function send(): Promise<void> {\n  await Promise.resolve()\n}\nexport function s36(): void {\n  send()\n}',
    ),
    caught: { eslint: '@typescript-eslint/no-floating-promises' },
  },
  {
    says: 'raw HTML on a screen',
    files: file(
      'team/s37/web/index.tsx',
      'export function S37({ html }: { html: string }) {\n  return <p dangerouslySetInnerHTML={{ __html: html }} />\n}',
    ),
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'an inline style',
    files: { 'ui/S38.tsx': `export function S38() {\n  return <p style={{ color: 'red' }}>!</p>\n}\n` },
    caught: { eslint: 'no-restricted-syntax' },
  },
  { says: 'a default export', files: file('team/s39/server/index.ts', 'export default 1'), caught: { eslint: 'no-restricted-syntax' } },
  {
    says: 'an enum, which type stripping cannot run',
    files: file('team/s40/contract.ts', 'export enum S40 {\n  A,\n}'),
    caught: { tsc: 'TS1294' },
  },
  {
    says: 'a mock of a module',
    files: { 'scenarios/s41.test.ts': `import { vi } from 'vitest'\nvi.mock('@wardline/crypto')\n` },
    caught: { eslint: 'no-restricted-syntax' },
  },
  {
    says: 'a test that hides all others',
    files: { 'scenarios/s42.test.ts': `import { test } from 'vitest'\ntest.only('s42', () => {})\n` },
    caught: { eslint: 'no-restricted-syntax' },
  },

  // Dead code.
  {
    says: 'a file that nobody imports',
    files: file('team/s43/server/forgotten.ts', `import { messages } from '${messages}/server'\nexport const s43 = messages`),
    caught: { knip: 'files' },
  },
  {
    says: 'an export that nobody imports',
    files: {
      'platform/db/s44.ts': 'export const used = 1\nexport const unused = 2\n',
      'scenarios/s44.test.ts': `import { used } from '../platform/db/s44.ts'\nused.toFixed()\n`,
    },
    caught: { knip: 'exports' },
  },
]

function file(place: string, code: string): Record<string, string> {
  return { [`product/${place}`]: `${code}\n` }
}

/** A file with one import whose name it exports again, so that nothing else is wrong with it. */
function one(place: string, statement: string, name: string): Record<string, string> {
  return file(place, `${statement}\nexport const seeded = ${name}`)
}
