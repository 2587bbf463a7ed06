import type { Concern, Health, Problem } from '../process/health.ts'
import type { WorkerPlace } from './messages.ts'

/** Announces to the other workers that something has changed. */
export interface Topic {
  /** Announces a change. Several within some milliseconds are one. */
  announce(): void
  /** Calls the listener after changes by other workers, until the result is disposed. */
  listen(listener: () => void): Disposable
}

/** The processes of a service that share its port, as one of them sees them. */
export interface Workers extends Disposable {
  /** `undefined` for a service of one process. */
  readonly place: WorkerPlace | undefined

  /**
   * Starts what only one process of the service does. The service of one process starts it at once.
   * A worker starts it when it becomes the lead, which may be never. Disposing the result ends it.
   */
  lead(start: () => Promise<AsyncDisposable>): Promise<AsyncDisposable>

  /** Returns the conditions that other workers do not meet, of one concern or of all. */
  problems(concern?: Concern): Problem[]

  /** Returns a note about workers that do not serve, or `undefined` when all do. */
  notice(): string | undefined

  /** Reports the conditions of this process to the other workers until the result is disposed. */
  share(health: Pick<Health, 'problems' | 'draining'>): Disposable

  topic(name: string): Topic

  /** Sets the report of this process on a subject. Its result has to be JSON. */
  report(subject: string, body: () => Promise<unknown>): void

  /**
   * Returns the reports of all workers that serve on a subject, this one's included, and what the
   * supervisor adds to them. A worker that does not respond within a second is represented by its
   * last report.
   */
  gather(subject: string): Promise<readonly unknown[]>

  /** Reports that this process handles calls. */
  serving(): void
}

/** Creates the workers of a service of one process. */
export function createSoleProcess(): Workers {
  const reports = new Map<string, () => Promise<unknown>>()
  const nothing = { [Symbol.dispose]: () => {} }
  return {
    place: undefined,
    lead: (start) => start(),
    problems: () => [],
    notice: () => undefined,
    share: () => nothing,
    topic: () => ({ announce: () => {}, listen: () => nothing }),
    report: (subject, body) => void reports.set(subject, body),
    gather: async (subject) => [await reports.get(subject)?.()],
    serving: () => {},
    [Symbol.dispose]: () => {},
  }
}
