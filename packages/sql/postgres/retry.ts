import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/back-off/exponential'
import { PostgresError } from './error.ts'

/** Maximum number of attempts, and time after which no further attempt begins, in milliseconds. */
const attemptsMax = 5
const windowMs = 3_000

/** Wait before a failed step is repeated. */
export const backOff = createBackOff({ firstMs: 50, maxMs: 5_000 })

/**
 * Repeats a step that failed because of a conflict or a lost connection. The bounds let a server
 * restart quickly, and do not delay callers of a server that stays unavailable. Use it only for a
 * step that has no effect when it fails.
 */
export async function retrying<T>(step: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + windowMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await step()
    } catch (error) {
      const hopeless = !(error instanceof PostgresError) || error.failure === 'refused'
      if (hopeless || attempt === attemptsMax || performance.now() > deadlineMs) throw error
      await delay(backOff(attempt))
    }
  }
}
