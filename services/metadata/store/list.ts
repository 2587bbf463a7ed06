import { compareCodePoints } from '@marquee/sql/code-points'
import type { StoredMetadata } from '../metadata.ts'
import type { ListPage, ListPosition } from './port.ts'

/** Compares by title, then id, in the order of the catalogue. */
export function comparePositions(a: ListPosition, b: ListPosition): number {
  return compareCodePoints(a.title, b.title) || compareCodePoints(a.id, b.id)
}

/** Creates a page. One that is not full is the last one. */
export function pageOf(movies: readonly StoredMetadata[], limit: number): ListPage {
  const last = movies.length === limit ? movies.at(-1) : undefined
  return { movies, next: last && { title: last.title, id: last.id } }
}
