/** The door for code that owns tables: statements, reads, writes, failures. */
export { sql } from './sql.ts'
export type { Sql } from './sql.ts'
export type { Announced, By, Database, Db, Tx } from './types.ts'
export { bySystem } from './database.ts'
export { DatabaseFailure } from './failure.ts'
export { pack } from './pack.ts'
export type { Packed } from './pack.ts'
