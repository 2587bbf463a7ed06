import { setImmediate } from 'node:timers/promises'
import { type AggregateState, type RecordRef, recordKey } from '../rating.ts'
import type { RatingStore, StatesPage } from '../store/port.ts'
import type { ReadQueue } from './read-queue.ts'

/** Reads the states of records for many readers at once. */
export interface StateRounds {
  /**
   * Returns the state of each record, in the same order, and a revision of which they are at least.
   * Rejects when the store cannot be read.
   */
  read(records: readonly RecordRef[]): Promise<StatesPage>
}

/**
 * Maximum number of records of one query, which occupies SQLite, and with it the event loop, for a
 * few milliseconds.
 */
const querySizeMax = 1_000

interface Round {
  /** Records by key, each once. */
  readonly records: Map<string, RecordRef>
  readonly found: Promise<FoundStates>
}

interface FoundStates {
  readonly states: ReadonlyMap<string, AggregateState>
  readonly revision: number
}

/**
 * Reads in rounds, one at a time. A request during a round is read by the next one. A round reads
 * each record once, for all its readers.
 */
export function createStateRounds(
  store: Pick<RatingStore, 'states'>,
  queue: ReadQueue,
): StateRounds {
  let next: Round | undefined

  function nextRound(): Round {
    if (next !== undefined) return next
    const records = new Map<string, RecordRef>()
    const found = queue.run(() => {
      next = undefined
      return readAll(store, [...records.values()])
    })
    next = { records, found }
    return next
  }

  return {
    async read(records) {
      const round = nextRound()
      for (const record of records) round.records.set(recordKey(record), record)
      const { states, revision } = await round.found
      return {
        states: records.map((record) => states.get(recordKey(record)) as AggregateState),
        revision,
      }
    },
  }
}

async function readAll(
  store: Pick<RatingStore, 'states'>,
  records: readonly RecordRef[],
): Promise<FoundStates> {
  const states = new Map<string, AggregateState>()
  let revision = Number.POSITIVE_INFINITY
  for (let start = 0; start < records.length; start += querySizeMax) {
    if (start > 0) await setImmediate()
    const page = await store.states(records.slice(start, start + querySizeMax))
    for (const state of page.states) states.set(recordKey(state), state)
    revision = Math.min(revision, page.revision)
  }
  return { states, revision }
}
