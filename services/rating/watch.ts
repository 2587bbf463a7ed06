import { nextWake, type Watcher } from '../../platform/rpc/watcher.ts'
import { createAggregateRounds, type Unrated } from './aggregate-rounds.ts'
import { type Aggregate, type RecordRef, recordKey } from './rating.ts'
import type { RatingStore } from './store/port.ts'

/** Follows aggregates as they change. */
export interface AggregateWatches extends Disposable {
  /**
   * The present aggregate of each record, then the aggregate of each that changes, until the signal is aborted. Changes
   * that come while the reader is busy are told once, as they are then. Answers undefined when there are too many
   * watches already.
   */
  watch(
    records: readonly RecordRef[],
    signal: AbortSignal,
  ): AsyncGenerator<Aggregate | Unrated> | undefined
}

interface RecordWatcher extends Watcher {
  readonly dirty: Map<string, RecordRef>
}

export interface WatchOptions {
  readonly store: RatingStore
  /** Watches open at once. */
  readonly watchesMax?: number
}

/** Follows the store's changes once, and reads each changed record once, for all watches. */
export function createAggregateWatches({
  store,
  watchesMax = 10_000,
}: WatchOptions): AggregateWatches {
  const watchersOf = new Map<string, Set<RecordWatcher>>()
  const rounds = createAggregateRounds(store)
  let watches = 0
  const unsubscribe = store.onChange((records) => {
    for (const record of records) {
      for (const watcher of watchersOf.get(recordKey(record)) ?? []) {
        watcher.dirty.set(recordKey(record), record)
        watcher.wake()
      }
    }
  })

  function join(watcher: RecordWatcher): void {
    watches++
    for (const key of watcher.dirty.keys()) {
      const watchers = watchersOf.get(key) ?? new Set()
      watchersOf.set(key, watchers.add(watcher))
    }
  }
  function leave(watcher: RecordWatcher, keys: Iterable<string>): void {
    watches--
    for (const key of keys) {
      const watchers = watchersOf.get(key)
      watchers?.delete(watcher)
      if (watchers?.size === 0) watchersOf.delete(key)
    }
  }
  async function* follow(records: readonly RecordRef[], signal: AbortSignal) {
    const watcher: RecordWatcher = {
      dirty: new Map(records.map((record) => [recordKey(record), record])),
      wake: () => {},
    }
    const keys = [...watcher.dirty.keys()]
    join(watcher)
    try {
      while (!signal.aborted) {
        yield* await rounds.read(() => {
          const changed = [...watcher.dirty.values()]
          watcher.dirty.clear()
          return changed
        })
        if (watcher.dirty.size === 0) await nextWake(watcher, signal)
      }
    } finally {
      leave(watcher, keys)
    }
  }
  return {
    watch: (records, signal) => (watches < watchesMax ? follow(records, signal) : undefined),
    [Symbol.dispose]: unsubscribe,
  }
}
