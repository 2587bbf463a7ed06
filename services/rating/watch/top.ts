import { nextWake, type Watcher, wakeInTurns } from '@marquee/service/watcher'
import type { Aggregate } from '../rating.ts'
import type { RatingStore, TopPosition } from '../store/port.ts'
import { type Change, positionAt } from './change-pages.ts'
import type { WatchContext } from './context.ts'
import type { ChangeFeed } from './feed.ts'
import type { WatchMessage } from './message.ts'
import type { ReadQueue } from './read-queue.ts'

/** Selection of a top list. */
export interface TopSelection {
  readonly recordType: string
  readonly countMin: number
  readonly limit: number
}

/** Maximum number of pages that a list is read from: a page skips a bounded number of records. */
const pagesMax = 20

/** Watched top lists, each shared by its watchers. */
export interface WatchedTops {
  /** Number of different lists. */
  readonly count: number
  has(selection: TopSelection): boolean
  /** Reads the lists of these changes' record types again, and wakes the watchers of those that changed. */
  note(changes: readonly Change[], feed: ChangeFeed): void
  /** Yields the list, unless it has not changed after a revision, then each change of it. */
  watch(options: TopWatch): AsyncGenerator<WatchMessage>
  watchers(): Iterable<Watcher>
}

export interface TopWatch extends WatchContext {
  readonly selection: TopSelection
}

interface TopList {
  readonly key: string
  readonly selection: TopSelection
  readonly watchers: Set<Watcher>
  /** Message with the newest list, which all watchers share. */
  message: WatchMessage | undefined
  /** True while the list may have changed since it was read. */
  isStale: boolean
  isReading: boolean
  failure: { readonly cause: unknown } | undefined
}

export function createWatchedTops(store: Pick<RatingStore, 'top'>, queue: ReadQueue): WatchedTops {
  const lists = new Map<string, TopList>()

  /** Reads the list until it is not stale. Wakes its watchers when it changed. */
  async function refresh(list: TopList, feed: ChangeFeed): Promise<void> {
    while (list.isStale) {
      list.isStale = false
      // The list is read afterwards, and has these changes.
      const { revision } = feed
      const top = await readTop(store, queue, list.selection)
      const isSame = list.message !== undefined && areSame(list.message.top ?? [], top)
      if (isSame) continue
      list.message = { top, resumeRevision: revision }
      await wakeInTurns(list.watchers)
    }
  }

  /** Reads the list again, at once or after the read in progress. */
  function renew(list: TopList, feed: ChangeFeed): void {
    list.isStale = true
    if (list.isReading) return
    list.isReading = true
    refresh(list, feed)
      .catch((cause) => {
        list.failure = { cause }
        return wakeInTurns(list.watchers)
      })
      .finally(() => {
        list.isReading = false
      })
  }

  function join(selection: TopSelection, watcher: Watcher): TopList {
    const key = keyOf(selection)
    const known = lists.get(key)
    const list = known && known.failure === undefined ? known : newList(key, selection)
    lists.set(key, list)
    list.watchers.add(watcher)
    return list
  }

  function leave(list: TopList, watcher: Watcher): void {
    list.watchers.delete(watcher)
    if (list.watchers.size === 0 && lists.get(list.key) === list) lists.delete(list.key)
  }

  return {
    get count() {
      return lists.size
    },
    has: (selection) => lists.has(keyOf(selection)),
    note(changes, feed) {
      if (lists.size === 0) return
      const types = new Set(changes.map(({ state }) => state.recordType))
      for (const list of lists.values()) {
        if (types.has(list.selection.recordType)) renew(list, feed)
      }
    },
    async *watch({ enter, selection, sinceRevision, signal }) {
      using entered = enter()
      const watcher: Watcher = { wake: () => {} }
      const list = join(selection, watcher)
      try {
        const feed = await entered.feed()
        if ((list.message?.resumeRevision ?? -1) < sinceRevision) renew(list, feed)
        let sent: WatchMessage | undefined
        if (list.message === undefined) await nextWake(watcher, signal)
        const unchanged = await unchangedSince(feed, selection.recordType, sinceRevision)
        if (unchanged !== undefined) {
          sent = list.message
          yield { resumeRevision: unchanged }
        }
        while (!signal.aborted) {
          feed.throwIfFailed()
          if (list.failure !== undefined) throw list.failure.cause
          if (list.message === sent) await nextWake(watcher, signal)
          else {
            sent = list.message
            if (sent !== undefined) yield sent
          }
        }
      } finally {
        leave(list, watcher)
      }
    },
    *watchers() {
      for (const list of lists.values()) yield* list.watchers
    },
  }
}

/** Returns the revision up to which the record type has not changed after the given one. */
async function unchangedSince(
  feed: ChangeFeed,
  recordType: string,
  sinceRevision: number,
): Promise<number | undefined> {
  if (sinceRevision === 0) return undefined
  const { changes, isLast, revision } = await feed.after(positionAt(sinceRevision))
  const isOwn = revision >= sinceRevision
  const isChanged = !isLast || changes.some(({ state }) => state.recordType === recordType)
  return isOwn && !isChanged ? revision : undefined
}

async function readTop(
  store: Pick<RatingStore, 'top'>,
  queue: ReadQueue,
  { limit, ...selection }: TopSelection,
): Promise<Aggregate[]> {
  const top: Aggregate[] = []
  let after: TopPosition | undefined
  for (let count = 0; count < pagesMax && top.length < limit; count++) {
    const position = after && { after }
    const options = { ...selection, ...position, limit: limit - top.length }
    const page = await queue.run(() => store.top(options))
    top.push(...page.aggregates)
    after = page.next
    if (after === undefined) break
  }
  return top
}

function areSame(one: readonly Aggregate[], other: readonly Aggregate[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ recordId, revision }, index) => {
      return other[index]?.recordId === recordId && other[index].revision === revision
    })
  )
}

function keyOf({ recordType, countMin, limit }: TopSelection): string {
  return `${countMin}:${limit}:${recordType}`
}

function newList(key: string, selection: TopSelection): TopList {
  return {
    key,
    selection,
    watchers: new Set(),
    message: undefined,
    isStale: false,
    isReading: false,
    failure: undefined,
  }
}
