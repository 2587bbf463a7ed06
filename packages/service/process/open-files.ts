import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The connections that a process takes where file descriptors are plentiful: memory is bounded as well. */
const connectionsMax = 20_000

/**
 * File descriptors that are kept for all else: databases, logs, connections to other services, Kafka and Consul. A
 * quarter of what the process may open, within these bounds.
 */
const reserve = { share: 1 / 4, min: 64, max: 2_048 }

/** Default length of the queue of connections that a runtime asks the kernel for. */
const backlogMax = 511

/** How many connections a process takes from its clients, so that it never runs out of file descriptors. */
export interface ConnectionBounds {
  /** Connections that are open. */
  readonly max: number
  /**
   * Connections that wait in the kernel to be accepted, on each port. Deno accepts all of them before it closes the first
   * one that is too many, so they have to fit into what is kept.
   */
  readonly backlog: number
}

export async function readConnectionBounds(): Promise<ConnectionBounds> {
  return connectionBounds(await readOpenFilesMax())
}

/** @param openFilesMax how many file descriptors the process may open. */
export function connectionBounds(openFilesMax: number): ConnectionBounds {
  const kept = Math.min(Math.max(openFilesMax * reserve.share, reserve.min), reserve.max)
  const max = Math.max(1, Math.min(connectionsMax, Math.floor(openFilesMax - kept)))
  return { max, backlog: Math.min(backlogMax, Math.floor(kept / 4)) }
}

/** The limit of this process (RLIMIT_NOFILE), which its runtime may have raised. */
async function readOpenFilesMax(): Promise<number> {
  if (process.platform !== 'linux') return await askShell()
  const limits = await readFile('/proc/self/limits', 'utf8')
  return toCount(/^Max open files +(\S+)/m.exec(limits)?.[1])
}

/** A shell has the limit that its parent has. */
async function askShell(): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n'])
  return toCount(stdout.trim())
}

/** The usual limit of POSIX systems, for one that cannot be read. */
const usualMax = 1_024

function toCount(text: string | undefined): number {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const count = Number(text)
  return Number.isInteger(count) && count > 0 ? count : usualMax
}
