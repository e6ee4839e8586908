// A small clean house for the fences test: the real settings (package.json, tsconfig, lint, import rules) around a handful of files.
// Every fault that a tool reports in here stands in a seeded file, or the fence is wrong.

import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Settings that are copied from the project as they are; a folder's are all its package.json and tsconfig files. */
export const settings = [
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'tsconfig.lint.json',
  'eslint.config.js',
  '.dependency-cruiser.cjs',
  'knip.json',
]

/** Workspaces whose settings are copied, and the package name that each is linked by. */
export const workspaces: Readonly<Record<string, string>> = {
  platform: 'platform',
  crypto: 'crypto',
  ui: 'ui',
  product: 'product',
  'apps/server': 'app-server',
  'apps/web': 'app-web',
  'apps/cli': 'cli',
  dev: 'dev',
}

const platform = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../platform/package.json'), 'utf8')) as {
  exports: Record<string, string>
}

/** The files of the house, by path. */
export const house: Readonly<Record<string, string>> = {
  'tsconfig.test.json': `{ "extends": "./tsconfig.base.json",
    "compilerOptions": { "lib": ["es2024", "dom"], "types": ["node"], "outDir": ".types", "rootDir": ".", "tsBuildInfoFile": ".types/test.tsbuildinfo" },
    "include": ["scenarios/**/*.ts"], "references": [{ "path": "./platform/tsconfig.contract.json" }] }`,
  'platform/contract.ts': `export { shape } from './contract/shape.ts'\n`,
  'platform/contract/shape.ts': `export function shape(name: string): string {\n  return name\n}\n`,
  'platform/server.ts': `import { shape } from './contract.ts'\nexport const server = shape('server')\n`,
  'platform/db/index.ts': `export { sql } from './sql.ts'\n`,
  'platform/db/sql.ts': `export function sql(strings: TemplateStringsArray): string {\n  return strings.join('')\n}\n`,
  [path.join('platform', platform.exports['./testing'] ?? 'testing.ts')]: `export const helper = 1\n`,
  'crypto/index.ts': `export { zero } from './bytes.ts'\n`,
  'crypto/bytes.ts': `export const zero = new Uint8Array(1)\n`,
  'ui/index.ts': `export { Mark } from './Mark.tsx'\n`,
  'ui/Mark.tsx': `export function Mark() {\n  return <b className="mark">!</b>\n}\n`,
  ...feature('access/sessions'),
  ...feature('access/policies', `import { sessions } from '@wardline/product/access/sessions/server'\n`, 'sessions'),
  ...feature('team/messages', `import { policies } from '@wardline/product/access/policies/server'\n`, 'policies'),
  ...feature('patients/texting', `import { messages } from '@wardline/product/team/messages/server'\n`, 'messages'),
  ...feature('compliance/audit', `import { texting } from '@wardline/product/patients/texting/server'\n`, 'texting'),
  'product/integrations/sms/server/index.ts': `import { textingShape } from '@wardline/product/patients/texting/contract'\nexport const sms = textingShape\n`,
  'apps/server/index.ts': `import { audit } from '@wardline/product/compliance/audit/server'\nimport { sms } from '@wardline/product/integrations/sms/server'\nexport const features: readonly object[] = [audit, { sms }]\n`,
  'apps/server/config.ts': `export function port(): number {\n  return Number(process.env.PORT ?? 8420)\n}\n`,
  'apps/server/main.ts': `import { port } from './config.ts'\nimport { features } from './index.ts'\nconsole.log(port(), features)\n`,
  'apps/web/main.tsx': `import { Mark } from '@wardline/ui'\nimport { messagesScreen } from '@wardline/product/team/messages/web'\nexport const screens = [Mark, messagesScreen]\n`,
  'apps/cli/main.ts': `import { features } from '@wardline/app-server'\nconsole.log(features)\n`,
  'dev/index.ts': `import { features } from '@wardline/app-server'\nexport const world: readonly object[] = features\n`,
  'scenarios/clean.ts': `import { shape } from '@wardline/platform/contract'\nexport const clean = shape('clean')\n`,
}

/** A whole feature: contract, rules, preview, server with routes, a use-case and queries, web. `imports` goes into its door and is named by `uses`. */
function feature(place: string, imports = '', uses = ''): Record<string, string> {
  const name = place.split('/')[1] ?? place
  const folder = `product/${place}`
  return {
    [`${folder}/contract.ts`]: `import { shape } from '@wardline/platform/contract'\nexport const ${name}Shape = shape('${name}')\n`,
    [`${folder}/rules.ts`]: `import { ${name}Shape } from './contract.ts'\nexport function isNamed(name: string): boolean {\n  return name === ${name}Shape\n}\n`,
    [`${folder}/preview.ts`]: `import { isNamed } from './rules.ts'\nexport function preview(name: string): boolean {\n  return isNamed(name)\n}\n`,
    [`${folder}/server/index.ts`]: `${imports}import { routes } from './routes.ts'\nexport const ${name} = { routes${uses ? `, below: ${uses}` : ''} }\n`,
    [`${folder}/server/routes.ts`]: `import { list } from './list.ts'\nexport const routes = [list]\n`,
    [`${folder}/server/list.ts`]: `import { isNamed } from '../rules.ts'\nimport { all } from './queries.ts'\nexport function list(now: number): string {\n  return isNamed('x') ? all : new Date(now).toISOString()\n}\n`,
    [`${folder}/server/queries.ts`]: `import { sql } from '@wardline/platform/db'\nexport const all = sql\`select wl_now()\`\n`,
    [`${folder}/client/index.ts`]: `import { zero } from '@wardline/crypto'\nimport { preview } from '../preview.ts'\nexport const ${name}Engine = { preview, zero }\n`,
    [`${folder}/web/index.ts`]: `import { ${name}Engine } from '../client/index.ts'\nexport const ${name}Screen = ${name}Engine\n`,
  }
}
