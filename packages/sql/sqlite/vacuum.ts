import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Timeout of waiting for the writes of other connections, in milliseconds. */
const lockTimeoutMs = 30_000

/**
 * Program of the thread. It has no file of its own, so that it runs in a bundle too. Its connection
 * keeps the copy that VACUUM makes in a temporary file.
 */
const program = `
import('node:worker_threads').then(async ({ parentPort, workerData }) => {
  const { DatabaseSync } = await import('node:sqlite')
  try {
    const db = new DatabaseSync(workerData)
    db.exec('PRAGMA busy_timeout = ${lockTimeoutMs}; PRAGMA synchronous = FULL; VACUUM')
    db.close()
    parentPort.postMessage('')
  } catch (error) {
    parentPort.postMessage(error.message)
  }
})`

/**
 * Rebuilds the database without what was removed: no free page and no gap within a page has it
 * afterwards (https://sqlite.org/lang_vacuum.html). SQLite's `secure_delete` does not reach copies
 * that its B-trees leave behind when they move records. Runs in a thread, because it takes a second
 * for some hundred megabytes. Others can read meanwhile, and have to wait to write.
 */
export async function vacuum(path: string): Promise<void> {
  const worker = new Worker(program, { eval: true, workerData: path })
  try {
    const [reason] = (await once(worker, 'message')) as [string]
    if (reason !== '') throw new Error(reason)
  } finally {
    await worker.terminate()
  }
}
