import type { WriterLock } from '../ports.ts'

const NAME = 'wl-device'

/** The one lock of this browser's device (Web Locks). The browser gives it on when its holder's tab is closed, crashes or is killed. */
export const webLock: WriterLock = {
  acquire: (waiting) =>
    new Promise((resolve, reject) => {
      const hold = (): Promise<void> => new Promise((giveBack) => resolve(() => giveBack()))
      navigator.locks
        .request(NAME, { ifAvailable: true }, (lock) => {
          if (lock) return hold()
          waiting()
          // Asked for outside this callback's answer: the first request has to end.
          void navigator.locks.request(NAME, hold).catch(reject)
          return undefined
        })
        .catch(reject)
    }),
}
