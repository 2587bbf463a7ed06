import { readdirSync, readFileSync } from 'node:fs'

/** Positions of user and system time behind the program's name in `/proc/<pid>/stat` (proc(5)). */
const userTimeField = 11
const systemTimeField = 12

/** Unit in which Linux reports processor time: 1/100 s (`getconf CLK_TCK`). */
const tickMs = 10

/** Returns the processes of a peer: that of the id, and its children. */
function processesOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return [pid, ...children.map(Number)]
}

/** Returns the sum of a figure over the processes of a peer. */
function sumOf(pid: number, figureOf: (pid: number) => number): number {
  return processesOf(pid)
    .map(figureOf)
    .reduce((a, b) => a + b, 0)
}

/**
 * Returns the processor time of a process and its children so far, user and system, in
 * milliseconds.
 */
export function processorTimeMs(pid: number): number {
  return sumOf(pid, ownProcessorTimeMs)
}

function ownProcessorTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[userTimeField]) + Number(fields[systemTimeField])) * tickMs
}

/**
 * Creates a function that returns the processor time of a process's threads so far, in
 * milliseconds, with a resolution of a microsecond: for costs that are smaller than a tick. A
 * thread that has ended counts with its time at the call before, so call it often.
 */
export function followThreadTime(pid: number): () => number {
  const timesMs = new Map<string, number>()
  return () => {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      timesMs.set(thread, threadMs(`/proc/${pid}/task/${thread}`) ?? timesMs.get(thread) ?? 0)
    }
    return [...timesMs.values()].reduce((sum, ms) => sum + ms, 0)
  }
}

/**
 * Returns the processor time of a process's live threads by name, in milliseconds. The first is
 * called `main`.
 */
export function threadTimesMs(pid: number): Map<string, number> {
  const times = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`
    const own = readFileSync(`${folder}/comm`, 'utf8').trim()
    const name = Number(thread) === pid ? 'main' : own
    times.set(name, (times.get(name) ?? 0) + (threadMs(folder) ?? 0))
  }
  return times
}

/** Returns the processor time of a thread, or `undefined` when it has ended meanwhile. */
function threadMs(folder: string): number | undefined {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}

/** Returns the resident memory of a process and its children, in megabytes of 10^6 bytes. */
export function residentMegabytes(pid: number): number {
  return sumOf(pid, (one) => megabytes(one, 'VmRSS'))
}

/**
 * Returns the peak resident memory of a process and of each of its children since its start, in
 * megabytes of 10^6 bytes.
 */
export function residentMegabytesMax(pid: number): number {
  return sumOf(pid, (one) => megabytes(one, 'VmHWM'))
}

/** Reads a memory figure from `/proc/<pid>/status` (proc(5)). */
function megabytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory: it has ended`)
  return (Number(kibibytes) * 1024) / 1e6
}
