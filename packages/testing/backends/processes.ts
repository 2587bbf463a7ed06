import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { waitFor } from '../wait-for.ts'

/** Identity of a process, which differs from that of a later process with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

interface ProcessEntry extends ProcessIdentity {
  readonly parentPid: number
}

/** Returns the identity of a process, or `undefined` when it does not exist or has ended. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = existsSync('/proc/self/stat') ? readProc(pid) : readPs(['-p', String(pid)])[0]
  return entry && { pid, startTime: entry.startTime }
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return identify(pid)?.startTime === startTime
}

/** Resolves when the process is gone. Rejects after the time. */
export async function awaitEnd(process: ProcessIdentity, timeoutMs: number): Promise<void> {
  await waitFor(() => !isRunning(process), { what: `process ${process.pid} to end`, timeoutMs })
}

/** Sends SIGKILL to a process and all its descendants. Resolves when they are gone. */
export async function killTree(root: ProcessIdentity): Promise<void> {
  if (!isRunning(root)) return
  // A stopped parent cannot start another child meanwhile.
  signal(root, 'SIGSTOP')
  const tree = [root, ...descendants(root.pid)]
  for (const one of tree) signal(one, 'SIGKILL')
  await Promise.all(tree.map((one) => awaitEnd(one, 10_000)))
}

/** Sends a signal, unless the process has ended. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(target)) return
  try {
    process.kill(target.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function descendants(pid: number): ProcessEntry[] {
  const all = listProcesses()
  const below = (parent: number): ProcessEntry[] =>
    all.filter(({ parentPid }) => parentPid === parent).flatMap((one) => [one, ...below(one.pid)])
  return below(pid)
}

function listProcesses(): ProcessEntry[] {
  if (!existsSync('/proc/self/stat')) return readPs(['-A'])
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProc(Number(name)) ?? [])
}

/**
 * Reads `/proc/<pid>/stat` (proc(5)): after the name in brackets come the state, the parent and, as
 * field 22, the start time.
 */
function readProc(pid: number): ProcessEntry | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  const [state = '', parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = rest[17]
  if (startTime === undefined || (state === 'Z' && !hasThreads(pid))) return undefined
  return { pid, parentPid: Number(parent), startTime }
}

/**
 * Returns whether threads are left. When the main thread has ended, the process looks ended, but
 * other threads may still hold ports.
 */
function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).length > 1
  } catch {
    return false
  }
}

/** Reads the processes of systems without /proc. */
function readPs(args: readonly string[]): ProcessEntry[] {
  const columns = ['-o', 'pid=', '-o', 'ppid=', '-o', 'stat=', '-o', 'lstart=']
  let table: string
  try {
    table = execFileSync('ps', [...args, ...columns], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
  } catch {
    return []
  }
  return [...table.matchAll(/^ *(\d+) +(\d+) +(\S+) +(.+?) *$/gm)]
    .filter(([, , , state = '']) => !state.startsWith('Z'))
    .map(([, pid, parent, , startTime = '']) => ({
      pid: Number(pid),
      parentPid: Number(parent),
      startTime,
    }))
}
