import { nextWake, type Watcher } from '@marquee/service/watcher'
import { createAggregateRounds } from './aggregate-rounds.ts'
import { type AggregateState, type RecordRef, recordKey } from './rating.ts'
import type { RatingStore } from './store/port.ts'

/** Watches aggregates. */
export interface AggregateWatches extends Disposable {
  /**
   * Yields the current aggregate of each record, then each changed aggregate, until the signal is
   * aborted. A slow reader gets one aggregate for several changes of a record. Returns `undefined`
   * when too many watches, or watched records, are open.
   */
  watch(
    records: readonly RecordRef[],
    signal: AbortSignal,
  ): AsyncGenerator<AggregateState> | undefined
}

/** Watched record, shared by all its watchers, so that its name is in memory once. */
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
  /** Maximum number of open watches. */
  readonly watchesMax?: number
  /** Maximum number of records of all watches. A record counts once per watch. */
  readonly recordsMax?: number
}

/** Creates watches that share nothing: each one listens to the store and reads by itself. */
export function createSeparateWatches(store: RatingStore): AggregateWatches {
  return {
    async *watch(records, signal) {
      using watches = createAggregateWatches({ store })
      yield* watches.watch(records, signal) ?? []
    },
    [Symbol.dispose]() {},
  }
}

/** Listens to the store once, and reads each changed record once, for all watches. */
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

  /** Marks every watched record as changed at first. */
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
