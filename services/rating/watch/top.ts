import { nextWake, type Watcher, wakeInTurns } from '@marquee/service/watcher'
import type { Aggregate } from '../rating.ts'
import type { RatingStore, TopPosition } from '../store/port.ts'
import { type Change, positionAt } from './change-pages.ts'
import type { WatchContext } from './context.ts'
import type { ChangeFeed } from './feed.ts'
import { atLeast, type WatchMessage } from './message.ts'
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
  /** Resolves when the next read has ended, of those that have not begun. */
  nextRead: PromiseWithResolvers<void>
  failure: { readonly cause: unknown } | undefined
}

export function createWatchedTops(store: Pick<RatingStore, 'top'>, queue: ReadQueue): WatchedTops {
  const lists = new Map<string, TopList>()

  /** Reads the list until it is not stale. Wakes its watchers when it changed. */
  async function refresh(list: TopList, feed: ChangeFeed): Promise<void> {
    while (list.isStale) {
      list.isStale = false
      if (await readOnce(list, feed)) await wakeInTurns(list.watchers)
    }
  }

  /** Reads the list. Returns whether it changed. */
  async function readOnce(list: TopList, feed: ChangeFeed): Promise<boolean> {
    const ended = list.nextRead
    list.nextRead = Promise.withResolvers()
    // The list is read afterwards, and has these changes.
    const { revision } = feed
    try {
      const top = await readTop(store, queue, list.selection)
      if (list.message !== undefined && areSame(list.message.top ?? [], top)) return false
      list.message = { top, resumeRevision: revision }
      return true
    } finally {
      ended.resolve()
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
        if ((list.message?.resumeRevision ?? -1) < sinceRevision) {
          // The client may have seen more than the newest message has, from another instance.
          const read = list.nextRead.promise
          renew(list, feed)
          if (sinceRevision > 0) await read
        }
        let sent: WatchMessage | undefined
        if (list.message === undefined) await nextWake(watcher, signal)
        const since = await changesSince(feed, selection.recordType, sinceRevision)
        let sentRevision = since.revision
        if (!since.areChanged) {
          sent = list.message
          yield { resumeRevision: sentRevision }
        }
        while (!signal.aborted) {
          feed.throwIfFailed()
          if (list.failure !== undefined) throw list.failure.cause
          if (list.message === sent || list.message === undefined) {
            await nextWake(watcher, signal)
          } else {
            sent = list.message
            const message = atLeast(sent, sentRevision)
            sentRevision = message.resumeRevision
            yield message
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

/**
 * Returns whether the record type has changed after a revision, and the revision up to which the
 * client has everything: 0 when its revision is of another database.
 */
async function changesSince(feed: ChangeFeed, recordType: string, sinceRevision: number) {
  if (sinceRevision === 0) return { revision: 0, areChanged: true }
  const { changes, isLast, revision } = await feed.after(positionAt(sinceRevision))
  if (revision < sinceRevision) return { revision: 0, areChanged: true }
  const areChanged = !isLast || changes.some(({ state }) => state.recordType === recordType)
  return { revision: areChanged ? sinceRevision : revision, areChanged }
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
    nextRead: Promise.withResolvers(),
    failure: undefined,
  }
}
