import type { Logger } from 'pino'

/** What SIGHUP asks a process for: to read again what it can. It never ends the process. */
export interface HangUps extends Disposable {
  /** Adds what is to be done. Disposing takes it away. */
  on(listener: () => void): Disposable
}

/** Takes SIGHUP from now on, until it is disposed. */
export function takeHangUps(log: Logger): HangUps {
  const listeners = new Set<() => void>()
  const take = () => {
    const what =
      listeners.size > 0 ? 'reading the TLS files again' : 'there is nothing to read again'
    log.info(`SIGHUP: ${what}`)
    for (const listener of listeners) listener()
  }
  process.on('SIGHUP', take)
  return {
    on(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    [Symbol.dispose]: () => void process.off('SIGHUP', take),
  }
}
