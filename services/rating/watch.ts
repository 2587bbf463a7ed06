import { type Clock, systemClock } from '@marquee/http/clock'
import type { Watcher } from '@marquee/service/watcher'
import type { RecordRef } from './rating.ts'
import type { RatingStore } from './store/port.ts'
import type { Change } from './watch/change-pages.ts'
import type { Entered, WatchContext } from './watch/context.ts'
import { type ChangeFeed, createChangeFeed } from './watch/feed.ts'
import type { WatchMessage } from './watch/message.ts'
import { createReadQueue } from './watch/read-queue.ts'
import { createTypeWatchers } from './watch/record-type.ts'
import { createWatchedRecords } from './watch/records.ts'
import { createStateRounds } from './watch/state-rounds.ts'
import { createWatchedTops, type TopSelection } from './watch/top.ts'

/** Selection of a watch: records, all of a type, or a top list. */
export type WatchTarget =
  | { readonly records: readonly RecordRef[] }
  | { readonly recordType: string }
  | { readonly top: TopSelection }

/** Watches aggregates. */
export interface AggregateWatches extends Disposable {
  /**
   * Yields the current state of the target, or what changed after a revision, then each change,
   * until the signal is aborted. A slow reader gets one state for several changes of a record.
   * Returns `undefined` when too many watches, watched records or different top lists are open.
   * @param sinceRevision 0 for the whole state. A revision that the store has not reached counts as
   *   0, too: it is of another database.
   */
  watch(
    target: WatchTarget,
    sinceRevision: number,
    signal: AbortSignal,
  ): AsyncGenerator<WatchMessage> | undefined
}

export interface WatchOptions {
  readonly store: RatingStore
  /** Maximum number of open watches. */
  readonly watchesMax?: number
  /** Maximum number of records of all watches. A record counts once per watch. */
  readonly recordsMax?: number
  /** Maximum number of different top lists, which are read again after each change. */
  readonly topsMax?: number
  readonly clock?: Clock
}

/**
 * Interval at which a store that other processes change is read without a notification, in
 * milliseconds: SQLite sends none to other processes.
 */
const pollIntervalMs = 1_000

/** Creates watches that share nothing: each one listens to the store and reads by itself. */
export function createSeparateWatches(store: RatingStore): AggregateWatches {
  return {
    async *watch(target, sinceRevision, signal) {
      using watches = createAggregateWatches({ store })
      yield* watches.watch(target, sinceRevision, signal) ?? []
    },
    [Symbol.dispose]() {},
  }
}

/** Listens to the store once, and reads each change once, for all watches. */
export function createAggregateWatches({
  store,
  watchesMax = 20_000,
  recordsMax = 1_000_000,
  topsMax = 100,
  clock = systemClock,
}: WatchOptions): AggregateWatches {
  const queue = createReadQueue()
  const records = createWatchedRecords(createStateRounds(store, queue))
  const tops = createWatchedTops(store, queue)
  const types = createTypeWatchers()
  let watches = 0
  let feed: ChangeFeed | undefined
  const unsubscribe = store.onChange(() => feed?.hear())
  let stopPolling = () => {}

  function note(changes: readonly Change[], own: ChangeFeed): Set<Watcher> {
    tops.note(changes, own)
    return new Set([...records.note(changes), ...types.of(changes)])
  }

  function open(): ChangeFeed {
    if (feed !== undefined) return feed
    const opened = createChangeFeed({
      store,
      queue,
      // A feed that was closed may still be reading.
      onChanges: (changes) => (feed === opened ? note(changes, opened) : []),
      onFailure() {
        if (feed !== opened) return []
        close()
        return [...records.watchers(), ...types.all(), ...tops.watchers()]
      },
    })
    feed = opened
    if (store.capabilities.shared !== 'process') {
      stopPolling = clock.every(pollIntervalMs, opened.hear)
    }
    return opened
  }

  function close(): void {
    stopPolling()
    feed?.close()
    feed = undefined
  }

  function enter(): Entered {
    watches++
    return {
      async feed() {
        const opened = open()
        await opened.started
        return opened
      },
      [Symbol.dispose]() {
        watches--
        if (watches === 0) close()
      },
    }
  }

  function start(target: WatchTarget, context: WatchContext): AsyncGenerator<WatchMessage> {
    if ('records' in target) return records.watch({ ...context, records: target.records })
    if ('top' in target) return tops.watch({ ...context, selection: target.top })
    return types.watch({ ...context, recordType: target.recordType })
  }

  function isFull(target: WatchTarget): boolean {
    if (watches >= watchesMax) return true
    if ('records' in target) return records.count + target.records.length > recordsMax
    return 'top' in target && tops.count >= topsMax && !tops.has(target.top)
  }

  return {
    watch(target, sinceRevision, signal) {
      return isFull(target) ? undefined : start(target, { enter, sinceRevision, signal })
    },
    [Symbol.dispose]() {
      unsubscribe()
      close()
    },
  }
}
