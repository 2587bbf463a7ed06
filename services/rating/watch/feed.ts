import { type Watcher, wakeInTurns } from '@marquee/service/watcher'
import type { ChangePosition, RatingStore } from '../store/port.ts'
import { type Change, type ChangePages, createChangePages, positionAt } from './change-pages.ts'
import type { ReadQueue } from './read-queue.ts'

/** Follows the changes of a store for all watchers. */
export interface ChangeFeed extends Pick<ChangePages, 'after'> {
  /** Resolves when the feed follows the changes. Rejects when the store cannot be read. */
  readonly started: Promise<void>
  /** Position up to which `onChanges` was called. */
  readonly position: ChangePosition
  /** Revision up to which `onChanges` was called with everything. */
  readonly revision: number
  /** Records that the store may have changes. */
  hear(): void
  /** Stops the feed after the read in progress. */
  close(): void
  /** Throws the error that has stopped the feed. */
  throwIfFailed(): void
}

export interface ChangeFeedOptions {
  readonly store: Pick<RatingStore, 'changes' | 'revision'>
  readonly queue: ReadQueue
  /** Called with the changes of each read. Returns the watchers to wake. */
  readonly onChanges: (changes: readonly Change[]) => Iterable<Watcher>
  /** Called when the store cannot be read, which stops the feed. Returns the watchers to wake. */
  readonly onFailure: () => Iterable<Watcher>
}

/**
 * Reads each change once, in order, and then wakes its watchers. The next read waits for that, so
 * that they find the page that woke them.
 */
export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { store, queue, onChanges, onFailure } = options
  const pages = createChangePages(store, queue)
  let position = positionAt(0)
  let revision = 0
  let heardCount = 0
  let isClosed = false
  let wakeUp = () => {}
  let failure: { readonly cause: unknown } | undefined

  async function start(): Promise<void> {
    revision = await queue.run(() => store.revision())
    position = positionAt(revision)
  }

  /**
   * Reads everything, and again whenever something was heard. One loop does so, because on Workers
   * the request that changes something ends before its reads.
   */
  async function follow(): Promise<void> {
    while (!isClosed) {
      const readCount = heardCount
      let isLast = false
      while (!isLast) isLast = await readPage()
      if (readCount !== heardCount || isClosed) continue
      await new Promise<void>((resolve) => {
        wakeUp = resolve
      })
    }
  }

  async function readPage(): Promise<boolean> {
    const { changes, end, isLast, ...page } = await pages.advance(position)
    if (isLast) revision = page.revision
    if (changes.length > 0 || !isLast) {
      position = end
      if (!isLast) revision = Math.max(revision, changes.at(-1)?.resumeRevision ?? 0)
      await wakeInTurns(onChanges(changes))
    }
    return isLast
  }

  function fail(cause: unknown): void {
    failure = { cause }
    void wakeInTurns(onFailure())
  }

  const started = start()
  started.then(follow).catch(fail)
  return {
    started,
    get position() {
      return position
    },
    get revision() {
      return revision
    },
    after: pages.after,
    hear() {
      heardCount++
      wakeUp()
    },
    close() {
      isClosed = true
      wakeUp()
    },
    throwIfFailed() {
      if (failure !== undefined) throw failure.cause
    },
  }
}
