import { setImmediate } from 'node:timers/promises'
import { type Aggregate, type RecordRef, recordKey } from './rating.ts'
import type { RatingStore } from './store/port.ts'

/** Record that nobody has rated. */
export interface Unrated extends RecordRef {
  readonly count: 0
}

/** Reads aggregates for many readers at once. */
export interface AggregateRounds {
  /**
   * Calls `take` when a round begins. Returns the aggregate of each record that `take` returned, in
   * the same order, as of a time after that. Rejects when the store cannot be read.
   */
  read(take: () => readonly RecordRef[]): Promise<(Aggregate | Unrated)[]>
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
  readonly found: Promise<ReadonlyMap<string, Aggregate>>
}

/**
 * Reads in rounds, one at a time. A request during a round is read by the next one. A round reads
 * each record once, for all its readers.
 */
export function createAggregateRounds(store: Pick<RatingStore, 'aggregates'>): AggregateRounds {
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
      return taken.map(({ recordType, recordId }) => {
        return found.get(recordKey({ recordType, recordId })) ?? { recordType, recordId, count: 0 }
      })
    },
  }
}

async function readAll(
  store: Pick<RatingStore, 'aggregates'>,
  records: readonly RecordRef[],
): Promise<ReadonlyMap<string, Aggregate>> {
  const found = new Map<string, Aggregate>()
  for (let start = 0; start < records.length; start += querySizeMax) {
    if (start > 0) await setImmediate()
    const page = await store.aggregates(records.slice(start, start + querySizeMax))
    for (const aggregate of page) found.set(recordKey(aggregate), aggregate)
  }
  return found
}
