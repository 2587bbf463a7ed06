import { setImmediate } from 'node:timers/promises'
import { type AggregateState, type RecordRef, recordKey } from './rating.ts'
import type { RatingStore } from './store/port.ts'

/** Reads aggregates for many readers at once. */
export interface AggregateRounds {
  /**
   * Calls `take` when a round begins. Returns the aggregate of each record that `take` returned, in
   * the same order, as of a time after that. Rejects when the store cannot be read.
   */
  read(take: () => readonly RecordRef[]): Promise<AggregateState[]>
}

/**
 * Maximum number of records of one query, which occupies SQLite, and with it the event loop, for a
 * few milliseconds.
 */
const querySizeMax = 1_000

interface Round {
  /** Functions that add the records of each reader when the round begins. */
  readonly begin: (() => void)[]
  /** Records by key, each once. */
  readonly records: Map<string, RecordRef>
  readonly found: Promise<ReadonlyMap<string, AggregateState>>
}

/**
 * Reads in rounds, one at a time. A request during a round is read by the next one. A round reads
 * each record once, for all its readers.
 */
export function createAggregateRounds(store: Pick<RatingStore, 'states'>): AggregateRounds {
  let next: Round | undefined
  let running: Promise<unknown> = Promise.resolve()

  function nextRound(): Round {
    if (next !== undefined) return next
    const begin: (() => void)[] = []
    const records = new Map<string, RecordRef>()
    const found = run({ begin, records }, running)
    // A failure reaches the readers of this round. The next round begins in any case.
    running = found.catch(() => undefined)
    next = { begin, records, found }
    return next
  }

  async function run({ begin, records }: Omit<Round, 'found'>, previous: Promise<unknown>) {
    await previous
    // One change wakes all its readers in this event-loop turn.
    await setImmediate()
    next = undefined
    for (const taker of begin) taker()
    return readAll(store, [...records.values()])
  }

  return {
    async read(take) {
      const round = nextRound()
      let taken: readonly RecordRef[] = []
      round.begin.push(() => {
        taken = take()
        for (const record of taken) round.records.set(recordKey(record), record)
      })
      const found = await round.found
      return taken.map((record) => found.get(recordKey(record)) as AggregateState)
    },
  }
}

async function readAll(
  store: Pick<RatingStore, 'states'>,
  records: readonly RecordRef[],
): Promise<ReadonlyMap<string, AggregateState>> {
  const found = new Map<string, AggregateState>()
  for (let start = 0; start < records.length; start += querySizeMax) {
    if (start > 0) await setImmediate()
    const page = await store.states(records.slice(start, start + querySizeMax))
    for (const state of page.states) found.set(recordKey(state), state)
  }
  return found
}
