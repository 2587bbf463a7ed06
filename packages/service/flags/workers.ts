import { availableParallelism } from 'node:os'
import type { EventLogConfig } from '@marquee/event-log/open'
import type { Flags } from './flags.ts'

/** Maximum number of workers. */
const workersMax = 64

/** Reads the number of processes that share the port. */
export function readWorkers(flags: Flags): number {
  const text = flags.text({
    flag: 'workers',
    help: 'processes that share the port; auto for one per core',
    default: '1',
  })
  const count = text === 'auto' ? Math.min(availableParallelism(), workersMax) : Number(text)
  if (!/^(auto|\d{1,2})$/.test(text) || count < 1 || count > workersMax) {
    flags.refuse(`--workers is "${text}": give auto, or a whole number from 1 to ${workersMax}`)
    return 1
  }
  if (count > 1 && process.platform !== 'linux') {
    flags.refuse(
      `--workers is ${count}: only Linux shares a port among processes evenly; give 1, or run instances on several ports`,
    )
  }
  return count
}

/** Refuses a database that lives in one process when there are several. */
export function requireSharedDatabase(flags: Flags, workers: number, databaseUrl: string): void {
  if (workers === 1 || (databaseUrl !== 'memory:' && databaseUrl !== 'sqlite::memory:')) return
  flags.refuse(
    `--workers is ${workers}, and a database in memory belongs to one process: set --database-url to sqlite:PATH or postgres://…`,
  )
}

/** Refuses an event log that lives in one process when there are several. */
export function requireSharedLog(flags: Flags, workers: number, log: EventLogConfig): void {
  if (workers === 1 || log.kind !== 'embedded' || log.path !== ':memory:') return
  flags.refuse(
    `--workers is ${workers}, and an event log in memory belongs to one process: set --event-log to a file, or --kafka-brokers`,
  )
}
