// npm run dev: the demonstration, with the server restarted and the web app rebuilt whenever a source changes.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { node, root } from './lib/root.ts'

const children = [
  spawn(node, ['node_modules/vite/bin/vite.js', 'build', 'apps/web', '--watch', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' }),
  spawn(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      '--watch-path=product',
      '--watch-path=platform',
      '--watch-path=apps/server',
      '--watch-path=dev',
      path.join(root, 'tools/start.ts'),
      ...process.argv.slice(2),
    ],
    {
      cwd: root,
      stdio: 'inherit',
    },
  ),
]
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => children.forEach((child) => child.kill('SIGTERM')))
for (const child of children) child.on('exit', () => children.forEach((other) => other.kill('SIGTERM')))
