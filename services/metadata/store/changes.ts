import { compareCodePoints } from '@marquee/sql/code-points'
import { type Change, type ChangePosition, type ChangesPage, deletedCountMax } from './port.ts'

/** The ids of deleted movies, in memory. */
export function createDeletedMovies(countMax = deletedCountMax) {
  const revisions = new Map<string, number>()
  let forgottenRevision = 0
  return {
    add(id: string, revision: number): void {
      revisions.set(id, revision)
      const [oldest] = revisions
      if (revisions.size <= countMax || oldest === undefined) return
      revisions.delete(oldest[0])
      forgottenRevision = oldest[1]
    },
    /** Notes that a movie was put again. */
    restore: (id: string) => revisions.delete(id),
    hasForgottenAfter: (revision: number) => forgottenRevision > revision,
    all: (): Change[] =>
      Array.from(revisions, ([id, revision]) => ({ kind: 'deleted', id, revision })),
  }
}

/** Returns a function that returns true in one of `countMax` / 100 calls. */
export function everyHundredth(countMax: number): () => boolean {
  const interval = Math.max(1, Math.trunc(countMax / 100))
  let calls = 0
  return () => ++calls % interval === 0
}

/** Returns the first changes after a position. */
export function pageOfChanges(
  all: readonly Change[],
  after: ChangePosition,
  limit: number,
): ChangesPage {
  const later = all.filter((change) => isAfter(positionOf(change), after))
  later.sort((a, b) => comparePositions(positionOf(a), positionOf(b)))
  return endOfChanges(later.slice(0, limit), limit)
}

/** Creates a page. One that is not full is the last one. */
export function endOfChanges(changes: readonly Change[], limit: number): ChangesPage {
  const last = changes.length === limit ? changes.at(-1) : undefined
  return { changes, next: last && positionOf(last) }
}

function positionOf(change: Change): Required<ChangePosition> {
  const { id, revision } = change.kind === 'put' ? change.movie : change
  return { revision, id }
}

function isAfter(position: Required<ChangePosition>, after: ChangePosition): boolean {
  if (after.id === undefined) return position.revision > after.revision
  return comparePositions(position, { revision: after.revision, id: after.id }) > 0
}

function comparePositions(a: Required<ChangePosition>, b: Required<ChangePosition>): number {
  return a.revision - b.revision || compareCodePoints(a.id, b.id)
}
