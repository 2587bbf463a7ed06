import { setImmediate } from 'node:timers/promises'

/** Runs the reads of all watchers one after the other, each in an event-loop turn of its own. */
export interface ReadQueue {
  run<T>(read: () => Promise<T>): Promise<T>
}

/**
 * Creates a queue. Each watcher has at most one read in it. A read of SQLite occupies the event loop
 * for up to a few milliseconds, so other calls run in between.
 */
export function createReadQueue(): ReadQueue {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(read) {
      const result = last.then(async () => {
        // One change wakes all its readers in this turn.
        await setImmediate()
        return read()
      })
      // A failure reaches its reader. The next read begins in any case.
      last = result.catch(() => undefined)
      return result
    },
  }
}
