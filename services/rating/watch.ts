import { nextWake, type Watcher } from '@marquee/service/watcher'
import { createAggregateRounds, type Unrated } from './aggregate-rounds.ts'
import { type Aggregate, type RecordRef, recordKey } from './rating.ts'
import type { RatingStore } from './store/port.ts'

/** Follows aggregates as they change. */
export interface AggregateWatches extends Disposable {
  /**
   * The present aggregate of each record, then the aggregate of each that changes, until the signal is aborted. Changes
   * that come while the reader is busy are told once, as they are then. Returns undefined when there are too many
   * watches, or watched records, already.
   */
  watch(
    records: readonly RecordRef[],
    signal: AbortSignal,
  ): AsyncGenerator<Aggregate | Unrated> | undefined
}

/** A record that somebody watches: one for all who do, so that a name is in memory once. */
interface Watched {
  readonly key: string
  readonly record: RecordRef
  readonly watchers: Set<RecordWatcher>
}

interface RecordWatcher extends Watcher {
  readonly dirty: Set<Watched>
}

export interface WatchOptions {
  readonly store: RatingStore
  /** Watches open at once. */
  readonly watchesMax?: number
  /** Records of all these watches together, each counted as often as it is watched. */
  readonly recordsMax?: number
}

/** Watches that share nothing with one another: each follows the store and reads by itself. */
export function createSeparateWatches(store: RatingStore): AggregateWatches {
  return {
    async *watch(records, signal) {
      using watches = createAggregateWatches({ store })
      yield* watches.watch(records, signal) ?? []
    },
    [Symbol.dispose]() {},
  }
}

/** Follows the store's changes once, and reads each changed record once, for all watches. */
export function createAggregateWatches({
  store,
  watchesMax = 20_000,
  recordsMax = 1_000_000,
}: WatchOptions): AggregateWatches {
  const watchedBy = new Map<string, Watched>()
  const rounds = createAggregateRounds(store)
  let watches = 0
  let recordCount = 0
  const unsubscribe = store.onChange((records) => {
    for (const record of records) {
      const watched = watchedBy.get(recordKey(record))
      for (const watcher of watched?.watchers ?? []) {
        watcher.dirty.add(watched as Watched)
        watcher.wake()
      }
    }
  })

  /** Everything that is watched counts as changed at first. */
  function join(watcher: RecordWatcher, records: readonly RecordRef[]): Watched[] {
    for (const record of records) {
      const key = recordKey(record)
      const watched = watchedBy.get(key) ?? { key, record, watchers: new Set() }
      watchedBy.set(key, watched)
      watched.watchers.add(watcher)
      watcher.dirty.add(watched)
    }
    watches++
    recordCount += watcher.dirty.size
    return [...watcher.dirty]
  }
  function leave(watcher: RecordWatcher, all: readonly Watched[]): void {
    watches--
    recordCount -= all.length
    for (const { key, watchers } of all) {
      watchers.delete(watcher)
      if (watchers.size === 0) watchedBy.delete(key)
    }
  }
  async function* follow(records: readonly RecordRef[], signal: AbortSignal) {
    const watcher: RecordWatcher = { dirty: new Set(), wake: () => {} }
    const all = join(watcher, records)
    try {
      while (!signal.aborted) {
        yield* await rounds.read(() => {
          const changed = Array.from(watcher.dirty, ({ record }) => record)
          watcher.dirty.clear()
          return changed
        })
        if (watcher.dirty.size === 0) await nextWake(watcher, signal)
      }
    } finally {
      leave(watcher, all)
    }
  }
  return {
    watch(records, signal) {
      if (watches >= watchesMax || recordCount + records.length > recordsMax) return undefined
      return follow(records, signal)
    },
    [Symbol.dispose]: unsubscribe,
  }
}
