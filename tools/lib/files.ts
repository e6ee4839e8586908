import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { root, skippedFolders } from './root.ts'

/** Paths relative to the project's folder of all files below `folders` whose name `accepts` takes, sorted. A folder that is missing is empty. */
export function listFiles(folders: readonly string[], accepts: (name: string) => boolean): string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const below = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name) && !entry.name.startsWith('.wardline')) walk(below)
      } else if (entry.isFile() && accepts(entry.name)) found.push(below)
    }
  }
  for (const folder of folders) if (existsSync(path.join(root, folder))) walk(folder)
  return found.sort()
}

/** Whether a path names a test. */
export function isTest(file: string): boolean {
  return /\.test\.tsx?$/.test(file)
}
