/** The testing door: a real PostgreSQL for every test file, and a server on it. */
export { cloneDatabase, createTemplate, startTestCluster, testPostgresUrl } from './postgres.ts'
export type { ClonedDatabase, Template, TestCluster } from './postgres.ts'
export { factsOf } from './facts.ts'
export type { StoredFact } from './facts.ts'
export { openTestServer } from './server.ts'
export type { TestServer } from './server.ts'
