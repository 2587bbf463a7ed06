import { setTimeout as delay } from 'node:timers/promises'
import type { NewRecord } from '@marquee/event-log/port'
import type { ExpectedRatings } from './expected-ratings.ts'
import { randomEvent, toRecord } from './rating-events.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Appends to the topic of rating events. Resolves when the records are saved in their order. */
export type Append = (records: readonly NewRecord[]) => Promise<void>

export interface ProducingOptions {
  readonly append: Append
  /** Is updated with every appended event. */
  readonly expected: ExpectedRatings
  readonly random: SeededRandom
  readonly signal: AbortSignal
  /** Maximum pause between two appends. Default: 10. */
  readonly pauseMsMax?: number
}

/**
 * Appends events until the signal is aborted, and returns their number. Half are puts and deletes
 * of 200 users, who change their ratings. Half are of users who rate once, so that any lost event
 * is detected.
 */
export async function produceEvents(options: ProducingOptions): Promise<number> {
  const { append, expected, random, signal, pauseMsMax = 10 } = options
  let count = 0
  while (!signal.aborted) {
    const events = Array.from({ length: random.integer(1, 100) }, (_, n) =>
      n % 2 === 0 ? randomEvent(random) : { ...randomEvent(random), userId: `once-${count + n}` },
    )
    await append(events.map(toRecord))
    for (const { recordId, userId, value } of events) expected.set(recordId, userId, value)
    count += events.length
    await delay(random.integer(0, pauseMsMax))
  }
  return count
}
