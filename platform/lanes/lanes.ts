import { setTimeout as later } from 'node:timers'

/** Work that waits in line and is done in batches: one commit for many commands (group commit). */
export interface Lanes<C> {
  /** Takes a command in; false if too many wait already, and nothing was taken. */
  offer(command: C): boolean
  /** Commands that wait, not those that a batch is working on. */
  readonly waiting: number
  /** Resolves when nothing waits and no batch is running. */
  idle(): Promise<void>
}

export interface LanesOptions<C> {
  /** Batches at work at the same time. One group has at most half of them, so that a flood leaves room for the others. */
  readonly lanes: number
  /** Commands, and bytes, of one batch at most. A command that is larger alone is a batch of its own. */
  readonly most: number
  readonly mostBytes: number
  /** Commands, and bytes, that may wait in all. One group has at most half of both: a flood leaves the others room to wait in, too. */
  readonly mostWaiting: number
  readonly mostWaitingBytes: number
  /** How long the first command waits for company, in ms. */
  readonly gatherMs: number
  /** Whose command it is: a batch holds commands of one group. */
  group(command: C): string
  /** What must stay in order: commands of one key are never in two batches at once. */
  key(command: C): string
  bytes(command: C): number
  /** Does a batch. It answers every command itself and must not throw. */
  run(group: string, batch: readonly C[]): Promise<void>
}

interface Group<C> {
  readonly name: string
  /** Keys with something to do and no batch at work on them, oldest first. */
  readonly ready: string[]
  readonly queues: Map<string, C[]>
  readonly busy: Set<string>
  running: number
  waiting: number
  waitingBytes: number
  /** In the ring of groups that may get a lane. */
  ringed: boolean
}

const newGroup = <C>(name: string): Group<C> => ({
  name,
  ready: [],
  queues: new Map(),
  busy: new Set(),
  running: 0,
  waiting: 0,
  waitingBytes: 0,
  ringed: false,
})

/** Opens lanes. Nothing runs until the first command. */
export function openLanes<C>(options: LanesOptions<C>): Lanes<C> {
  const groups = new Map<string, Group<C>>()
  const ring: Group<C>[] = []
  const share = Math.max(1, Math.floor(options.lanes / 2))
  let waiting = 0
  let waitingBytes = 0
  let running = 0
  let armed = false
  let idlers: (() => void)[] = []

  const enter = (group: Group<C>): void => {
    if (group.ringed || group.ready.length === 0 || group.running >= share) return
    group.ringed = true
    ring.push(group)
  }

  const cut = (group: Group<C>): { batch: C[]; keys: string[] } => {
    const batch: C[] = []
    const keys: string[] = []
    let bytes = 0
    while (group.ready.length > 0 && batch.length < options.most) {
      const key = group.ready[0]!
      const queue = group.queues.get(key)!
      let taken = 0
      while (taken < queue.length && batch.length < options.most) {
        const size = options.bytes(queue[taken]!)
        if (batch.length > 0 && bytes + size > options.mostBytes) break
        batch.push(queue[taken]!)
        bytes += size
        taken += 1
      }
      if (taken === 0) break
      queue.splice(0, taken)
      group.ready.shift()
      group.busy.add(key)
      keys.push(key)
      if (bytes >= options.mostBytes) break
    }
    return { batch, keys }
  }

  const pump = (): void => {
    armed = false
    while (running < options.lanes && ring.length > 0) {
      const group = ring.shift()!
      group.ringed = false
      const { batch, keys } = cut(group)
      const taken = batch.reduce((sum, it) => sum + options.bytes(it), 0)
      waiting -= batch.length
      waitingBytes -= taken
      group.waiting -= batch.length
      group.waitingBytes -= taken
      running += 1
      group.running += 1
      enter(group)
      void options.run(group.name, batch).finally(() => {
        running -= 1
        group.running -= 1
        for (const key of keys) {
          group.busy.delete(key)
          if (group.queues.get(key)!.length > 0) group.ready.push(key)
          else group.queues.delete(key)
        }
        enter(group)
        if (group.running === 0 && group.queues.size === 0) groups.delete(group.name)
        if (ring.length > 0) pump()
        else if (running === 0 && waiting === 0) {
          const done = idlers
          idlers = []
          for (const idler of done) idler()
        }
      })
    }
  }

  return {
    get waiting() {
      return waiting
    },
    offer(command) {
      const name = options.group(command)
      const size = options.bytes(command)
      let group = groups.get(name)
      if (waiting >= options.mostWaiting || waitingBytes + size > options.mostWaitingBytes) return false
      if (group && (group.waiting * 2 >= options.mostWaiting || (group.waitingBytes + size) * 2 > options.mostWaitingBytes)) return false
      if (!group) groups.set(name, (group = newGroup(name)))
      const key = options.key(command)
      const queue = group.queues.get(key)
      if (queue) queue.push(command)
      else group.queues.set(key, [command])
      if ((!queue || queue.length === 1) && !group.busy.has(key) && !(queue && group.ready.includes(key))) group.ready.push(key)
      waiting += 1
      waitingBytes += size
      group.waiting += 1
      group.waitingBytes += size
      enter(group)
      if (!armed && running < options.lanes && ring.length > 0) {
        armed = true
        later(pump, options.gatherMs)
      }
      return true
    },
    idle: () => (running === 0 && waiting === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  }
}
