import type { ToWorker, WorkerProblem } from './messages.ts'

/** End of a process: an exit code or a signal. */
export interface WorkerExit {
  readonly code: number | null
  readonly signal: string | null
}

/** A process that runs the service. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Does nothing when the process has ended. */
  send(message: ToWorker): void
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void
  readonly exited: Promise<WorkerExit>
}

/** A place for a worker, in which one process follows another. */
export interface Slot {
  readonly index: number
  process: WorkerProcess | undefined
  /** When the process began to handle calls, on the clock. `undefined` until then. */
  servingSinceMs: number | undefined
  problems: readonly WorkerProblem[]
  failureCount: number
}
