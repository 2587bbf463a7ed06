import type { Logger } from 'pino'

/** Listeners for SIGHUP, which makes the process reload its files. It never ends the process. */
export interface HangUps extends Disposable {
  /** Adds a listener. Disposing the result removes it. */
  on(listener: () => void): Disposable
}

/**
 * Handles SIGHUP until the result is disposed.
 * @param log Default: none, for a process that passes the signal on.
 */
export function takeHangUps(log?: Logger): HangUps {
  const listeners = new Set<() => void>()
  const handle = () => {
    const what =
      listeners.size > 0 ? 'reading the TLS files again' : 'there are no files to read again'
    log?.info(`SIGHUP: ${what}`)
    for (const listener of listeners) listener()
  }
  process.on('SIGHUP', handle)
  return {
    on(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    [Symbol.dispose]: () => void process.off('SIGHUP', handle),
  }
}
