// npm run build: builds the web app into apps/web/dist, if it is older than what it is made of.
import { buildWeb } from './lib/web.ts'

const built = await buildWeb()
if (built.output) console.log(built.output)
console.log(built.code === 0 ? 'The web app is built.' : 'The web app does not build.')
process.exit(built.code)
