import { nextWake, type Watcher } from '@marquee/service/watcher'
import { type Change, positionAt } from './change-pages.ts'
import type { WatchContext } from './context.ts'
import { atLeast, type WatchMessage } from './message.ts'

/** Position before all changes. */
const beginning = positionAt(-1)

/** Watchers of whole record types. Each holds a position and one page of changes. */
export interface TypeWatchers {
  /** Returns the watchers of the changes' record types. */
  of(changes: readonly Change[]): Iterable<Watcher>
  all(): Iterable<Watcher>
  /**
   * Yields the states of a record type that changed after a revision, in the order of their
   * changes, then each change. The message that completes the first states says so.
   */
  watch(options: TypeWatch): AsyncGenerator<WatchMessage>
}

export interface TypeWatch extends WatchContext {
  readonly recordType: string
}

export function createTypeWatchers(): TypeWatchers {
  const byType = new Map<string, Set<Watcher>>()

  function join(recordType: string, watcher: Watcher): Set<Watcher> {
    const watchers = byType.get(recordType) ?? new Set()
    byType.set(recordType, watchers)
    return watchers.add(watcher)
  }

  return {
    *of(changes) {
      const types = new Set(changes.map(({ state }) => state.recordType))
      for (const type of types) yield* byType.get(type) ?? []
    },
    *all() {
      for (const watchers of byType.values()) yield* watchers
    },
    async *watch({ enter, recordType, sinceRevision, signal }) {
      using entered = enter()
      const watcher: Watcher = { wake: () => {} }
      const watchers = join(recordType, watcher)
      try {
        const feed = await entered.feed()
        let sentRevision = sinceRevision
        let position = sentRevision === 0 ? beginning : positionAt(sentRevision)
        let hasBegun = false
        let isCaughtUp = false
        while (!signal.aborted) {
          feed.throwIfFailed()
          const page = await feed.after(position)
          if (!hasBegun && page.revision < sentRevision) {
            // The revision is of another database.
            sentRevision = 0
            position = beginning
            continue
          }
          hasBegun = true
          const changes = page.changes.filter(({ state }) => state.recordType === recordType)
          // The message that completes the first states is one of its own. Watchers share the others.
          const last = page.isLast && !isCaughtUp ? changes.pop() : undefined
          for (const change of changes) {
            const message = atLeast(change, sentRevision)
            sentRevision = message.resumeRevision
            yield message
          }
          position = page.end
          if (!page.isLast) continue
          if (!isCaughtUp) {
            isCaughtUp = true
            sentRevision = Math.max(sentRevision, page.revision)
            yield { ...last, resumeRevision: sentRevision, caughtUp: true }
          }
          if (feed.position.revision > page.revision) continue
          // Where the feed reads next, its page needs no further read.
          position = feed.position
          await nextWake(watcher, signal)
        }
      } finally {
        watchers.delete(watcher)
        if (watchers.size === 0) byType.delete(recordType)
      }
    },
  }
}
