import { setTimeout as delay } from 'node:timers/promises'
import { createBackOff } from '@marquee/retry/back-off'
import { PostgresError } from './error.ts'

/** How often a failed step is tried at most, and until when a further try may begin, in milliseconds. */
const attemptsMax = 5
const windowMs = 3_000

/** Before a failed step is tried again. */
export const backOff = createBackOff({ firstMs: 50, maxMs: 5_000 })

/**
 * Repeats what failed by a conflict or a lost connection, within bounds that let a server restart in a moment and keep
 * nobody waiting for one that is gone. Only for a step that had no effect when it fails.
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
