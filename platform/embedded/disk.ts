import { randomFill } from 'node:crypto'
import { open, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from './errors.ts'

/** When writes must stop: as soon as either is reached. */
export interface DiskLimits {
  /** Share of the file system that is free, 0 to 1. */
  readonly freeShare: number
  /** Free bytes. */
  readonly freeBytes: number
}

/** The file system of the database. All figures in bytes, as PostgreSQL's user may use them (the reserve for root is not counted). */
export interface DiskState {
  readonly freeBytes: number
  readonly totalBytes: number
  /** What freeing the ballast would give back. */
  readonly ballastBytes: number
  /** True at 5 % or 1 GB free: below that PostgreSQL itself stops with a panic when its log cannot grow. */
  readonly writesMustStop: boolean
}

/** 5 % or 1 GB free, whichever comes first. */
export const defaultDiskLimits: DiskLimits = { freeShare: 0.05, freeBytes: 1 << 30 }

/** 256 MB. */
export const defaultBallastBytes = 256 << 20

const ballastOf = (dataDir: string): string => path.join(dataDir, 'ballast')

/** Reads the state of the disk that holds the data folder; works without a running database. */
export async function readDiskState(dataDir: string, limits: DiskLimits = defaultDiskLimits): Promise<DiskState> {
  // pg_wal is what must be able to grow, and may be a link to another disk.
  const facts = await statfs(path.join(dataDir, 'cluster', 'pg_wal')).catch(() => statfs(dataDir))
  const freeBytes = facts.bavail * facts.bsize
  const totalBytes = (facts.blocks - facts.bfree + facts.bavail) * facts.bsize
  const ballastBytes = (await sizeOnDisk(ballastOf(dataDir))) ?? 0
  return { freeBytes, totalBytes, ballastBytes, writesMustStop: tooFull(freeBytes, totalBytes, limits) }
}

function tooFull(freeBytes: number, totalBytes: number, limits: DiskLimits): boolean {
  return freeBytes <= limits.freeBytes || freeBytes <= totalBytes * limits.freeShare
}

async function sizeOnDisk(file: string): Promise<number | null> {
  const facts = await stat(file).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  })
  return facts === null ? null : Math.min(facts.size, facts.blocks * 512)
}

/** Gives the ballast's bytes back to the file system and says how many they were; works without a running database. */
export async function releaseBallast(dataDir: string): Promise<number> {
  const bytes = (await sizeOnDisk(ballastOf(dataDir))) ?? 0
  await rm(ballastOf(dataDir), { force: true })
  return bytes
}

/**
 * Writes the ballast beside the cluster unless it is there in full, or the disk is (then false: an emergency reserve must not be the
 * emergency). Random bytes, because file systems that compress would keep nothing of zeros. `signal` gives up between two megabytes.
 */
export async function keepBallast(dataDir: string, bytes: number, limits: DiskLimits, signal: AbortSignal): Promise<boolean> {
  const file = ballastOf(dataDir)
  const temporary = `${file}.part`
  await rm(temporary, { force: true })
  if (bytes === 0) return false
  const present = await sizeOnDisk(file)
  if (present !== null && present >= bytes) return true
  const { freeBytes, totalBytes } = await readDiskState(dataDir, limits)
  if (tooFull(freeBytes - bytes, totalBytes, limits)) return false
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      const block = Buffer.alloc(Math.min(bytes, 1 << 20))
      for (let written = 0; written < bytes; written += block.length) {
        if (signal.aborted) return false
        await promisify(randomFill)(block)
        await handle.writeFile(block.subarray(0, Math.min(block.length, bytes - written)))
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOSPC') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}
