import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

/** Cores, by number, on which programs run alone. */
export interface Pinning {
  /** Core of every measured server. */
  readonly server: number
  /** Core of the load generators, of the bench itself and of the services that a case only needs. */
  readonly load: number
}

/**
 * Moves this process, and what it starts from now on, to a core of its own (taskset(1)). Throws
 * when the machine has a single core, or no taskset.
 */
export function pin(): Pinning {
  if (cpus().length < 2) throw new Error('--pin needs two cores; this machine has one')
  const pinning = { server: 0, load: 1 }
  execFileSync('taskset', [
    '--all-tasks',
    '--cpu-list',
    '--pid',
    `${pinning.load}`,
    `${process.pid}`,
  ])
  return pinning
}

/** Returns the command that runs a program on a core. */
export function onCore(core: number, command: readonly string[]): string[] {
  return ['taskset', '--cpu-list', `${core}`, ...command]
}
