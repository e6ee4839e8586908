import { readdir, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'

/** How much less of a busy processor helper threads get, as a nice value. */
const background = 10

/**
 * Lets the threads on which passwords are hashed and files are read stand back behind the event loop, where processors are scarce: else a burst
 * of sign-ins takes whole time slices from everybody's messages. Linux only, where a thread has a priority of its own; elsewhere it does
 * nothing. Returns how many threads stand back now.
 */
export async function standBack(): Promise<number> {
  try {
    // Asking starts the threads, if nothing has yet.
    const threads = await readdir('/proc/self/task')
    let done = 0
    for (const thread of threads) {
      const id = Number(thread)
      const name = await readFile(`/proc/self/task/${thread}/comm`, 'utf8')
      if (!name.startsWith('libuv-worker') || getPriority(id) >= background) continue
      setPriority(id, background)
      done += 1
    }
    return done
  } catch {
    // No /proc, or a sandbox that forbids it: everything works, less evenly.
    return 0
  }
}
