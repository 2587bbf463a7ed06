import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Maximum number of connections when file descriptors are plentiful. Memory has its own limit. */
const connectionsMax = 20_000

/**
 * File descriptors reserved for databases, logs, and connections to other services, Kafka and
 * Consul: a share of those that the process may open, from `min` to `max`.
 */
const reserve = { share: 1 / 4, min: 64, max: 2_048 }

/** Length of the queue of connections that a runtime requests from the kernel by default. */
const backlogMax = 511

/** Limits of client connections, so that the process never runs out of file descriptors. */
export interface ConnectionBounds {
  /** Maximum number of open connections. */
  readonly max: number
  /**
   * Connections that wait in the kernel to be accepted, per port. Deno accepts all of them before
   * it closes the first one over the limit, so the reserved descriptors must be enough for them.
   */
  readonly backlog: number
}

export async function readConnectionBounds(): Promise<ConnectionBounds> {
  return connectionBounds(await readOpenFilesMax())
}

/** @param openFilesMax File descriptors that the process may open. */
export function connectionBounds(openFilesMax: number): ConnectionBounds {
  const kept = Math.min(Math.max(openFilesMax * reserve.share, reserve.min), reserve.max)
  const max = Math.max(1, Math.min(connectionsMax, Math.floor(openFilesMax - kept)))
  return { max, backlog: Math.min(backlogMax, Math.floor(kept / 4)) }
}

/** Returns RLIMIT_NOFILE of this process, which its runtime may have raised. */
export async function readOpenFilesMax(): Promise<number> {
  if (process.platform !== 'linux') return await readShellLimit()
  const limits = await readFile('/proc/self/limits', 'utf8')
  return toCount(/^Max open files +(\S+)/m.exec(limits)?.[1])
}

/** Returns the limit of a shell, which inherits it from this process. */
async function readShellLimit(): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -n'])
  return toCount(stdout.trim())
}

/** Usual limit of POSIX systems, used when the limit cannot be read. */
const usualMax = 1_024

function toCount(text: string | undefined): number {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const count = Number(text)
  return Number.isInteger(count) && count > 0 ? count : usualMax
}
