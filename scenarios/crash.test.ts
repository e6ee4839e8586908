import { expect, test } from 'vitest'
import { runCrash } from '../tools/lib/crash.ts'

// The short form of `npm run crash`: a real server process and a real, durable PostgreSQL, killed under load.
test('nothing acknowledged is lost, doubled or skipped when the server and PostgreSQL are killed, and the audit log verifies', async () => {
  const report = await runCrash({ kills: 2, databaseKills: 1, seed: 7, say: () => {} })
  expect(report).toMatchObject({ kills: 2, databaseKills: 1, lost: 0, doubled: 0, gaps: 0, auditVerified: true })
  expect(report.acknowledged).toBeGreaterThan(50)
}, 240_000)
