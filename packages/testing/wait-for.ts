import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  /** What is waited for, for the message when it does not come: "the rating to arrive". */
  readonly what: string
  /** 10,000 unless told. */
  readonly timeoutMs?: number
  /** Pause between two looks; 20 unless told. */
  readonly intervalMs?: number
}

/**
 * Looks again and again until the condition answers something truthy, and resolves with it. A
 * condition that throws counts as not yet true. Rejects after the time, with the last error as its
 * cause.
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
  throw new Error(`waited ${timeoutMs} ms for ${what} in vain`, { cause })
}
