import type { AggregateState } from '../rating.ts'
import type { ChangePosition, ChangesPage, RatingStore } from '../store/port.ts'
import type { ReadQueue } from './read-queue.ts'

/** State of a record, and the revision up to which everything is sent once it is sent. */
export interface Change {
  readonly state: AggregateState
  readonly resumeRevision: number
}

/** Changes after a position. */
export interface ChangePage {
  readonly changes: readonly Change[]
  /** Position after the changes. */
  readonly end: ChangePosition
  /** True when there were no further changes. */
  readonly isLast: boolean
  /** Revision of the store at the time of the read. */
  readonly revision: number
}

/** Maximum number of changes of a page, which a slow watcher of a record type holds. */
export const pageSizeMax = 128

/** Returns the position after all changes up to a revision. */
export function positionAt(revision: number): ChangePosition {
  return { revision, place: Number.POSITIVE_INFINITY }
}

/** Reads changes, as far as possible once for all watchers. */
export interface ChangePages {
  /** Reads a page. Watchers at this position, until the next one, need no read of their own. */
  advance(position: ChangePosition): Promise<ChangePage>
  /**
   * Returns the page that was read last at this position, even when it is out of date, or one that
   * is read now.
   */
  after(position: ChangePosition): Promise<ChangePage>
}

interface SharedRead {
  hasBegun: boolean
  readonly page: Promise<ChangePage>
}

export function createChangePages(
  store: Pick<RatingStore, 'changes'>,
  queue: ReadQueue,
): ChangePages {
  /** Reads of watchers that are behind, by position. */
  const reads = new Map<string, SharedRead>()
  let newest: { readonly key: string; readonly page: ChangePage } | undefined

  function read(after: ChangePosition, onBegin: () => void): Promise<ChangePage> {
    return queue.run(async () => {
      onBegin()
      return toPage(await store.changes({ after, limit: pageSizeMax }))
    })
  }

  function share(position: ChangePosition): Promise<ChangePage> {
    const key = keyOf(position)
    const known = reads.get(key)
    if (known && !known.hasBegun) return known.page
    const shared: SharedRead = {
      hasBegun: false,
      page: read(position, () => {
        shared.hasBegun = true
        if (reads.get(key) === shared) reads.delete(key)
      }),
    }
    reads.set(key, shared)
    return shared.page
  }

  return {
    async advance(position) {
      const page = await read(position, () => {})
      // An empty page would hide the one before from the watchers that are still there.
      if (page.changes.length > 0) newest = { key: keyOf(position), page }
      return page
    },
    after(position) {
      if (newest?.key === keyOf(position)) return Promise.resolve(newest.page)
      return share(position)
    },
  }
}

function keyOf({ revision, place }: ChangePosition): string {
  return `${revision}:${place}`
}

function toPage({ states, next, revision }: ChangesPage): ChangePage {
  const isLast = next === undefined
  const changes = states.map((state, index) => {
    const following = states[index + 1]
    if (following === undefined && isLast) return { state, resumeRevision: revision }
    // A revision is sent when the next change is of a later one.
    const isSent = following !== undefined && following.revision > state.revision
    return { state, resumeRevision: isSent ? state.revision : state.revision - 1 }
  })
  return { changes, end: next ?? positionAt(revision), isLast, revision }
}
