import { readdirSync, readFileSync } from 'node:fs'

/** Where user and system time stand behind the program's name in `/proc/<pid>/stat` (proc(5)). */
const userTimeField = 11
const systemTimeField = 12

/** Linux counts processor time for programs in hundredths of a second (`getconf CLK_TCK`). */
const tickMs = 10

/** The processor time that a process has used so far, user and system, in milliseconds. */
export function processorTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[userTimeField]) + Number(fields[systemTimeField])) * tickMs
}

/**
 * The time that the threads of a process which are alive have been on a processor, in milliseconds, to the microsecond: for what
 * costs so little that it is lost in a tick.
 */
export function threadTimeMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const ns = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return ns.reduce((a, b) => a + b, 0) / 1e6
}

/** The memory of a process that is resident, in megabytes of 10^6 bytes. */
export function residentMegabytes(pid: number): number {
  return megabytes(pid, 'VmRSS')
}

/** The most memory of a process that has been resident since it started, in megabytes of 10^6 bytes. */
export function residentMegabytesMax(pid: number): number {
  return megabytes(pid, 'VmHWM')
}

/** What `/proc/<pid>/status` says of the memory (proc(5)). */
function megabytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory: it has ended`)
  return (Number(kibibytes) * 1024) / 1e6
}
