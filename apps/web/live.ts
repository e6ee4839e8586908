/** A frame of the live connection that this page listens to itself; those of team messages go to the engine. */
export type LiveFrame = { readonly t: string; readonly at?: number; readonly [name: string]: unknown }

/** The page's own live connection. `tell` answers false while there is none. */
export type Live = {
  readonly hear: (listener: (frame: LiveFrame) => void) => () => void
  readonly tell: (frame: LiveFrame) => boolean
  readonly close: () => void
}

const waits = [500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** Opens it and opens it again, later each time, until `close`. What was missed meanwhile is read again by who listens (`open` frame). */
export function openLive(onSignedOut: () => void): Live {
  const listeners = new Set<(frame: LiveFrame) => void>()
  let socket: WebSocket | null = null
  let timer: number | undefined
  let failures = 0
  let isClosed = false

  const open = () => {
    const it = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/live`)
    socket = it
    it.onmessage = ({ data }) => {
      failures = 0
      const frame = JSON.parse(String(data)) as LiveFrame
      listeners.forEach((hear) => hear(frame))
    }
    it.onclose = ({ code }) => {
      socket = null
      if (isClosed) return
      if (code === 4401) return onSignedOut()
      const wait = waits[Math.min(failures, waits.length - 1)] ?? 20_000
      failures += 1
      // Not all browsers at once after a restart.
      timer = window.setTimeout(open, wait + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) * 2)
    }
  }
  open()
  return {
    hear: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell: (frame) => {
      if (socket?.readyState !== WebSocket.OPEN) return false
      socket.send(JSON.stringify(frame))
      return true
    },
    close: () => {
      isClosed = true
      window.clearTimeout(timer)
      listeners.clear()
      socket?.close()
    },
  }
}
