import { nextWake, type Watcher } from '@marquee/service/watcher'
import { type AggregateState, type RecordRef, recordKey } from '../rating.ts'
import type { Change } from './change-pages.ts'
import type { WatchContext } from './context.ts'
import type { WatchMessage } from './message.ts'
import type { StateRounds } from './state-rounds.ts'

/** Watched records, each shared by all its watchers, so that its name is in memory once. */
export interface WatchedRecords {
  /** Number of watched records. A record counts once per watch. */
  readonly count: number
  /** Notes the changes. Returns the watchers to wake. */
  note(changes: readonly Change[]): Iterable<Watcher>
  /** Yields the states of the records that changed after a revision, then each change. */
  watch(options: RecordsWatch): AsyncGenerator<WatchMessage>
  /** Returns all watchers. */
  watchers(): Iterable<Watcher>
}

export interface RecordsWatch extends WatchContext {
  readonly records: readonly RecordRef[]
}

interface Watched {
  readonly key: string
  readonly record: RecordRef
  readonly watchers: Set<RecordWatcher>
  /** Newest state, while a watcher has not sent it. */
  state: AggregateState | undefined
  /** Message with that state, which watchers at the same revision share. */
  message: WatchMessage | undefined
  /** Number of watchers that have not sent it. */
  unsentCount: number
}

interface RecordWatcher extends Watcher {
  readonly changed: Set<Watched>
}

export function createWatchedRecords(rounds: StateRounds): WatchedRecords {
  const watchedBy = new Map<string, Watched>()
  const watchers = new Set<RecordWatcher>()
  let count = 0

  function join(records: readonly RecordRef[]) {
    const watcher: RecordWatcher = { changed: new Set(), wake: () => {} }
    const all = new Set<Watched>()
    for (const record of records) {
      const key = recordKey(record)
      const watched = watchedBy.get(key) ?? newlyWatched(key, record)
      watchedBy.set(key, watched)
      watched.watchers.add(watcher)
      all.add(watched)
    }
    watchers.add(watcher)
    count += all.size
    return { watcher, all }
  }

  function leave(watcher: RecordWatcher, all: ReadonlySet<Watched>): void {
    forget(watcher)
    watchers.delete(watcher)
    count -= all.size
    for (const watched of all) {
      watched.watchers.delete(watcher)
      if (watched.watchers.size === 0) watchedBy.delete(watched.key)
    }
  }

  function note(changes: readonly Change[]): Set<Watcher> {
    const woken = new Set<Watcher>()
    for (const { state } of changes) {
      const watched = watchedBy.get(recordKey(state))
      if (watched === undefined) continue
      watched.state = state
      for (const watcher of watched.watchers) {
        if (!watcher.changed.has(watched)) watched.unsentCount++
        watcher.changed.add(watched)
        woken.add(watcher)
      }
    }
    return woken
  }

  async function* watch({ enter, records, sinceRevision, signal }: RecordsWatch) {
    using entered = enter()
    const { watcher, all } = join(records)
    try {
      const feed = await entered.feed()
      // Changes during the first read are noted.
      const first = await rounds.read(Array.from(all, ({ record }) => record))
      const since = sinceRevision > first.revision ? 0 : sinceRevision
      const begin = first.states.filter((state) => since === 0 || state.revision > since)
      const firstReached = { before: since, after: first.revision }
      const firstChanged = inOrder(
        begin.map((state) => ({ state })),
        firstReached,
      )
      for (const [{ state }, resumeRevision] of firstChanged) yield { state, resumeRevision }
      if (begin.length === 0) yield { resumeRevision: first.revision }
      let sentRevision = first.revision
      while (!signal.aborted) {
        feed.throwIfFailed()
        const reached = Math.max(sentRevision, feed.revision)
        const taken = take(watcher, first.revision, { before: sentRevision, after: reached })
        sentRevision = reached
        for (const message of taken) yield message
        if (watcher.changed.size === 0) await nextWake(watcher, signal)
      }
    } finally {
      leave(watcher, all)
    }
  }

  return {
    get count() {
      return count
    },
    note,
    watch,
    watchers: () => watchers,
  }
}

function newlyWatched(key: string, record: RecordRef): Watched {
  return {
    key,
    record,
    watchers: new Set(),
    state: undefined,
    message: undefined,
    unsentCount: 0,
  }
}

/** Returns messages with the states that the watcher has not sent, and forgets them. */
function take(watcher: RecordWatcher, firstRevision: number, reached: Reached): WatchMessage[] {
  const changed: ChangedRecord[] = []
  for (const watched of watcher.changed) {
    const { state } = watched
    if (state && state.revision > firstRevision) changed.push({ state, watched })
  }
  forget(watcher)
  return inOrder(changed, reached).map(([{ state, watched }, resumeRevision]) => {
    const { message } = watched
    if (message?.state === state && message.resumeRevision === resumeRevision) return message
    const renewed = { state, resumeRevision }
    if (watched.unsentCount > 0) watched.message = renewed
    return renewed
  })
}

interface ChangedRecord {
  readonly state: AggregateState
  readonly watched: Watched
}

function forget({ changed }: RecordWatcher): void {
  for (const watched of changed) {
    watched.unsentCount--
    if (watched.unsentCount === 0) watched.state = undefined
  }
  changed.clear()
}

/** Revision up to which a watcher has sent everything, and the one that further messages reach. */
interface Reached {
  readonly before: number
  readonly after: number
}

/**
 * Returns states by revision, each with the revision up to which everything is sent with it. A client
 * that is cut off often still makes progress.
 */
function inOrder<T extends { readonly state: AggregateState }>(
  changed: readonly T[],
  { before, after }: Reached,
): [T, number][] {
  const sorted = changed.toSorted((one, other) => one.state.revision - other.state.revision)
  return sorted.map((one, index) => {
    const next = sorted[index + 1]?.state.revision
    const { revision } = one.state
    const sent = next === undefined ? after : next > revision ? revision : revision - 1
    return [one, Math.max(before, Math.min(after, sent))]
  })
}
