import type { Logger } from 'pino'
import type { Health } from './health.ts'

/** Longest time from a change to its line in the log, in milliseconds. */
const intervalMs = 250

export interface ReadinessLogOptions {
  /** Name of the service, for the message. */
  readonly name: string
  readonly health: Pick<Health, 'problems'>
  readonly log: Logger
  /** Calls `check` repeatedly until the result is disposed. Default: every 250 ms. */
  readonly repeat?: (check: () => void) => Disposable
}

/**
 * Logs whether the service is ready, as `/readyz` reports it: once when it becomes ready, and once
 * with the reasons each time the set of conditions that are not met changes.
 */
export function logReadiness({
  name,
  health,
  log,
  repeat = atIntervals,
}: ReadinessLogOptions): Disposable {
  let logged: string | undefined
  return repeat(() => {
    const problems = health.problems()
    const failing = problems.map((problem) => problem.name).join()
    if (failing === logged) return
    logged = failing
    const reasons = problems.map((problem) => `${problem.name}: ${problem.reason}`)
    if (reasons.length > 0) log.warn({ reasons }, `${name} is not ready`)
    else log.info(`${name} is ready`)
  })
}

function atIntervals(check: () => void): Disposable {
  const timer = setInterval(check, intervalMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
