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
  let isReading = true
  let failure: { readonly cause: unknown } | undefined

  async function start(): Promise<void> {
    revision = await queue.run(() => store.revision())
    position = positionAt(revision)
    await readAll()
  }

  /** Reads everything, until nothing was heard during the last read. */
  async function readAll(): Promise<void> {
    isReading = true
    let readCount: number
    do {
      readCount = heardCount
      let isLast = false
      while (!isLast) isLast = await readPage()
    } while (readCount !== heardCount)
    isReading = false
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

  const started = start().catch((cause) => {
    fail(cause)
    throw cause
  })
  // Each watcher gets the failure when it begins.
  started.catch(() => {})
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
      if (!isReading && failure === undefined) readAll().catch(fail)
    },
    throwIfFailed() {
      if (failure !== undefined) throw failure.cause
    },
  }
}
