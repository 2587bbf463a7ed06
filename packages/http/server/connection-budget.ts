import type { Socket } from 'node:net'
import type { Log } from './log.ts'

/** The connections that a process takes from its clients, on all of its ports together. */
export interface ConnectionBudget {
  /** How many may be open. */
  readonly max: number
  /** How many may wait in the kernel to be accepted, on each port; what the runtime has by default when undefined. */
  readonly backlog: number | undefined
  readonly openCount: number
  /** How many were refused since the process started. */
  readonly refusedCount: number
  /** Counts a connection until it is closed. Closes one that is too many, and returns false. */
  admit(socket: Socket): boolean
}

export interface ConnectionBudgetOptions {
  readonly max: number
  readonly backlog?: number
  readonly log: Log
  /** Milliseconds that only go forward. */
  readonly now?: () => number
}

/** How often refusals are logged: whoever connects often enough must not fill the log. */
const logIntervalMs = 60_000

/**
 * Bounds the connections of a process. A process without file descriptors cannot even close a connection that waits to
 * be accepted: Bun tries again without a pause, and Deno never comes back.
 */
export function createConnectionBudget(options: ConnectionBudgetOptions): ConnectionBudget {
  const { max, backlog, log, now = () => performance.now() } = options
  let openCount = 0
  let refusedCount = 0
  let loggedAtMs = Number.NEGATIVE_INFINITY

  function refuse(socket: Socket): false {
    refusedCount++
    socket.destroy()
    if (now() - loggedAtMs < logIntervalMs) return false
    loggedAtMs = now()
    log.warn({ max, refusedCount }, 'all connections are in use: new ones are closed')
    return false
  }

  const release = () => {
    openCount--
  }
  return {
    max,
    backlog,
    get openCount() {
      return openCount
    },
    get refusedCount() {
      return refusedCount
    },
    admit(socket) {
      if (openCount >= max) return refuse(socket)
      openCount++
      socket.once('close', release)
      return true
    },
  }
}
