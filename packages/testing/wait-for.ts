import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  /** Name of the condition for the error message, such as "the rating to arrive". */
  readonly what: string
  /** Default: 10,000. */
  readonly timeoutMs?: number
  /** Pause between two checks. Default: 20. */
  readonly intervalMs?: number
}

/**
 * Checks a condition repeatedly, and resolves with its first truthy result. A condition that throws
 * counts as false. Rejects after the timeout, with the last error as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 10_000, intervalMs = 20 }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value) return value
      cause = undefined
    } catch (error) {
      cause = error
    }
    await delay(intervalMs)
  } while (performance.now() < deadline)
  throw new Error(`waited ${timeoutMs} ms for ${what} without success`, { cause })
}
