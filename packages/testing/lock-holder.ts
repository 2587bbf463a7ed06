import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Time for which the lock is held, in milliseconds: longer than a transaction waits for it. */
const holdMs = 300

const program = `
import('node:worker_threads').then(async ({ parentPort, workerData }) => {
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(workerData)
  db.exec('BEGIN IMMEDIATE')
  parentPort.postMessage('locked')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${holdMs})
  db.exec('COMMIT')
  db.close()
})`

/**
 * Locks an SQLite file for a moment, from a thread, so that the caller can be blocked meanwhile.
 * Resolves when the file is locked. Disposing it waits for the end.
 */
export async function holdLock(path: string): Promise<AsyncDisposable> {
  const worker = new Worker(program, { eval: true, workerData: path })
  const ended = once(worker, 'exit')
  await once(worker, 'message')
  return {
    async [Symbol.asyncDispose]() {
      await ended
    },
  }
}
