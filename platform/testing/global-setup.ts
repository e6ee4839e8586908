import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { clusterVariable, startTestCluster, temporaryPrefix } from './postgres.ts'
import type { TestCluster } from './postgres.ts'

/**
 * vitest's global set-up: one PostgreSQL for the run, started when the first worker asks for it at a Unix socket, so that runs without
 * a database pay nothing. A cluster that the environment already names (`WARDLINE_TEST_PG`) is used instead and left alone.
 */
export async function setup(): Promise<() => Promise<void>> {
  if ((process.env[clusterVariable] ?? '') !== '') return async () => undefined
  let started: Promise<TestCluster> | null = null
  const folder = await mkdtemp(path.join(tmpdir(), `${temporaryPrefix}${process.pid}-door-`))
  const door = path.join(folder, 'door')
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    started ??= startTestCluster()
    started.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(door, resolve))
  process.env[clusterVariable] = `unix:${door}`
  return async () => {
    delete process.env[clusterVariable]
    server.close()
    const cluster = await started?.catch(() => null)
    await cluster?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
