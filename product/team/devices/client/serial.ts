/** Runs what is handed to it one after the other, in order; a failure is its own caller's only. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>

/** A queue of its own. Work must not wait for work handed to the same queue. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}

/** A queue for each name; a name that is idle costs nothing. */
export function serials(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const queues = new Map<string, { readonly run: Serial; waiting: number }>()
  return async (name, work) => {
    const queue = queues.get(name) ?? { run: serial(), waiting: 0 }
    queues.set(name, queue)
    queue.waiting += 1
    try {
      return await queue.run(work)
    } finally {
      queue.waiting -= 1
      if (queue.waiting === 0) queues.delete(name)
    }
  }
}
