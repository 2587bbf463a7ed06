import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Found } from '@marquee/testing/tools'

/** A control group with a memory limit for its processes. They are killed beyond it. */
export interface MemoryGroup extends Disposable {
  /** Command prefix that runs another command in the group. */
  readonly command: readonly string[]
}

const mounts = '/sys/fs/cgroup'

/** Creates a control group (version 2 or 1), if the machine and its user allow it. */
export function createMemoryGroup(bytes: number): Found<MemoryGroup> {
  const name = `marquee-attack-${process.pid}`
  const { folder, limit } = existsSync(join(mounts, 'cgroup.controllers'))
    ? { folder: join(mounts, name), limit: 'memory.max' }
    : { folder: join(mounts, 'memory', name), limit: 'memory.limit_in_bytes' }
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, limit), String(bytes))
  } catch (error) {
    return { missing: `no control group for memory: ${(error as Error).message}` }
  }
  const enter = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`
  return {
    value: {
      command: ['/bin/sh', '-c', enter, 'sh'],
      [Symbol.dispose]: () => rmdirSync(folder),
    },
  }
}

/** Returns the peak resident memory of a process in bytes, or `undefined` when it has ended. */
export function peakRssOf(pid: number): number | undefined {
  try {
    const [, kilobytes] =
      /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
