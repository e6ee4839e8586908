import path from 'node:path'

/** The project's folder, absolute. */
export const root = path.resolve(import.meta.dirname, '../..')

/** The project's own Node 24: child processes are started by this path, never by the name `node`, which may be the machine's older one. */
export const node = path.join(root, 'node_modules/.bin/node')

/** Folders that hold source of the project. */
export const sourceFolders = ['platform', 'crypto', 'ui', 'product', 'apps', 'dev', 'scenarios', 'testing', 'bench', 'tools'] as const

/** Folders that no tool walks into. */
export const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.types', 'dist', '.seeded', '.cache', '.git', 'results'])

/** Files that Prettier lays out; the short JSON settings are laid out by hand. */
export const formatted = '**/*.{ts,tsx,js,mjs,cjs,css,html}'
