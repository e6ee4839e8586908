/** The door of compliance/training: what staff must have learned, and who has. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { routes } from './routes.ts'
import { holdsBack } from './standings.ts'

export const training: Feature = {
  name: 'compliance/training',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  holdsBack,
}
