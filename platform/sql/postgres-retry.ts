import { setTimeout as delay } from 'node:timers/promises'
import { PostgresError } from './postgres-error.ts'

/** How often a failed step is tried at most, and until when a further try may begin, in milliseconds. */
const attemptsMax = 5
const windowMs = 3_000

const backOffMs = { first: 50, max: 5_000 }

/** How long to wait after so many failures in a row, in milliseconds: jittered, so that not all come back together. */
export function backOff(failureCount: number, random: () => number = Math.random): number {
  const longestMs = Math.min(backOffMs.first * 2 ** (failureCount - 1), backOffMs.max)
  return longestMs * (0.5 + random() / 2)
}

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
