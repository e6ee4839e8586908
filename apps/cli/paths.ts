/** Where things of the product lie. Loads nothing, so that a command that only explains itself is quick. */
import path from 'node:path'

/** The checkout or package that this command runs from. */
export const projectRoot = path.resolve(import.meta.dirname, '../..')

/** Where the built web app lies. */
export const webBuild = path.join(projectRoot, 'apps/web/dist')
