// A server in a process of its own, for measuring and for killing: server-process.ts <json options>. Prints `open <port>` and its errors.
import { kekFrom, openLedger, openLog, startServer } from '@wardline/platform/server'
import { wardlineFeatures } from '@wardline/app-server'

/** How such a process is told what to open. */
export interface ServerProcessOptions {
  readonly databaseUrl: string
  readonly keysFolder: string
  /** Base64. */
  readonly kek: string
  readonly port: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as ServerProcessOptions
const keys = await openLedger(options.keysFolder, kekFrom(Buffer.from(options.kek, 'base64')))
const server = await startServer({
  features: wardlineFeatures(),
  databaseUrl: options.databaseUrl,
  keys,
  log: openLog({ level: 'error' }),
  port: options.port,
  version: 'bench',
})
let stopping: Promise<void> | undefined
process.on('SIGTERM', () => {
  stopping ??= server.stop().then(() => process.exit(0))
})
console.log(`open ${server.port}`)
