// npm run format: writes every file in the house's layout (.prettierrc.json). `npm run check` only looks.
import { formatted } from './lib/root.ts'
import { runNode } from './lib/run.ts'

const args = process.argv.slice(2)
if (args.includes('--help')) {
  console.log('npm run format [-- path ...]   writes files in the layout of .prettierrc.json; without paths, all')
  process.exit(0)
}
const ended = await runNode('node_modules/prettier/bin/prettier.cjs', [
  '--write',
  '--log-level',
  'warn',
  ...(args.length > 0 ? args : [formatted]),
])
process.stdout.write(ended.output)
process.exitCode = ended.code
