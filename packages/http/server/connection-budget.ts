import type { Socket } from 'node:net'
import type { Log } from './log.ts'

/** Limit of the connections that a process accepts, on all of its ports together. */
export interface ConnectionBudget {
  /** Maximum number of open connections. */
  readonly max: number
  /**
   * Maximum number of connections that wait in the kernel to be accepted, per port. Default: the
   * runtime's.
   */
  readonly backlog: number | undefined
  readonly openCount: number
  /** Connections refused since the process started. */
  readonly refusedCount: number
  /** Counts a connection until it closes. Beyond the limit, closes it and returns `false`. */
  admit(socket: Socket): boolean
}

export interface ConnectionBudgetOptions {
  readonly max: number
  readonly backlog?: number
  readonly log: Log
  /** Monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

/**
 * Shortest time between two log lines about refusals, in milliseconds, so that clients cannot fill
 * the log.
 */
const logIntervalMs = 60_000

/**
 * Creates a limit of connections. Without one, a process can run out of file descriptors, and then
 * cannot even close a connection that waits to be accepted: Bun retries without a pause, and Deno
 * stops accepting for good.
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
      // Not `once`, which takes more memory. A socket closes once.
      socket.on('close', release)
      return true
    },
  }
}
