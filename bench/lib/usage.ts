import { readdirSync, readFileSync } from 'node:fs'

/** Memory and CPU of some processes and all their children, from /proc. */
export interface Usage {
  readonly pssMiB: number
  readonly cpuSeconds: number
}

/** Reads it now. Processes that end meanwhile count as nothing. */
export function usage(pids: readonly number[]): Usage {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // Ended between readdir and read.
    }
  }
  const all = new Set<number>()
  const walk = (pid: number): void => {
    if (all.has(pid)) return
    all.add(pid)
    for (const child of children.get(pid) ?? []) walk(child)
  }
  pids.forEach(walk)
  let pss = 0
  let cpu = 0
  for (const pid of all) {
    try {
      pss += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      cpu += (Number(fields[11]) + Number(fields[12])) / 100
    } catch {
      // Ended meanwhile.
    }
  }
  return { pssMiB: pss / 1024, cpuSeconds: cpu }
}
