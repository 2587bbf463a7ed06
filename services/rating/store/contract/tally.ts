import { expect } from 'bun:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from '../../../../test/faults/seeded-random.ts'
import type { RatingChange } from '../../rating.ts'
import type { ChangeSink, RatingStore } from '../port.ts'
import { movie } from './fixtures.ts'

export type Store = RatingStore & ChangeSink

/** Expected ratings, counted in the plainest way. */
export interface Tally {
  /** Returns whether there was a rating before. */
  take(change: RatingChange): boolean
  /** The histogram of each rated record, by id. */
  counted(): Record<string, readonly number[]>
}

const recordIds = ['1', '2', '3', '4', '5', '6', '7']

/** Number of writes of a writer, and its delay after a failure, in milliseconds. */
const writesOfEach = 100
const pauseMs = 50

export function createTally(): Tally {
  const values = new Map<string, { recordId: string; value: number }>()
  return {
    take(change) {
      const key = `${change.userId} ${change.recordId}`
      const known = values.has(key)
      if (change.kind === 'delete') values.delete(key)
      else values.set(key, { recordId: change.recordId, value: change.value })
      return known
    },
    counted() {
      const counted: Record<string, number[]> = {}
      for (const { recordId, value } of values.values()) {
        counted[recordId] ??= [0, 0, 0, 0, 0]
        const histogram = counted[recordId]
        histogram[value - 1] = (histogram[value - 1] ?? 0) + 1
      }
      return counted
    },
  }
}

export async function countRatings(store: Store): Promise<Record<string, readonly number[]>> {
  const { aggregates } = await store.top({ recordType: 'movie', countMin: 0, limit: 100 })
  return Object.fromEntries(aggregates.map(({ recordId, histogram }) => [recordId, histogram]))
}

/** A change by one of a few users of that name, of one of a few records. */
export function randomChange(random: SeededRandom, name: string): RatingChange {
  const record = movie(recordIds[random.integer(0, recordIds.length - 1)] ?? '')
  const rating = { ...record, userId: `${name}-${random.integer(1, 5)}` }
  if (random.integer(1, 4) === 1) return { ...rating, kind: 'delete' }
  return { ...rating, kind: 'put', value: random.integer(1, 5) }
}

/**
 * Applies the events of a partition in batches, as ingestion does: on from what the store returns,
 * again what fails.
 */
export async function applyAll(
  store: Store,
  partition: number,
  events: readonly RatingChange[],
  batchSize: number,
  onFailure?: (error: Error) => void,
): Promise<void> {
  let position: number | undefined
  while (position !== events.length) {
    const offset: number = position ?? 0
    const changes = events.slice(offset, offset + batchSize)
    const batch = { topic: 'ratings', log: 'log', partition, changes }
    const nextPosition = offset + changes.length
    const applied = store.apply({ ...batch, expectedPosition: position, nextPosition })
    position = await orPause(applied, position, onFailure)
  }
}

/**
 * Puts and deletes as users that nobody else is, again what fails, and looks at each response that
 * came at once.
 */
export async function writeRandomly(
  store: Store,
  random: SeededRandom,
  name: string,
  tally: Tally,
  onFailure?: (error: Error) => void,
): Promise<void> {
  for (let n = 0; n < writesOfEach; n++) {
    const size = random.integer(1, 6)
    const changes = Array.from({ length: size }, () => randomChange(random, name))
    const [first] = changes
    const puts = changes.filter((change) => change.kind === 'put')
    const isDelete = first?.kind === 'delete'
    const expected = (isDelete ? [first] : puts).map((change) => tally.take(change))
    let response: boolean[] | undefined
    for (let tries = 0; response === undefined; tries++) {
      const written = isDelete
        ? store.delete(first, first.userId).then((deleted) => [deleted])
        : store.put(puts).then((outcomes) => outcomes.map((outcome) => outcome === 'replaced'))
      response = await orPause(written, undefined, onFailure)
      if (tries === 0 && response !== undefined) expect(response).toEqual(expected)
    }
  }
}

async function orPause<T>(
  step: Promise<T>,
  otherwise: T | undefined,
  onFailure: ((error: Error) => void) | undefined,
): Promise<T | undefined> {
  try {
    return await step
  } catch (error) {
    if (onFailure === undefined) throw error
    onFailure(error as Error)
    await delay(pauseMs)
    return otherwise
  }
}
