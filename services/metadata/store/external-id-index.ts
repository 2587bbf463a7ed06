import { compareCodePoints } from '@marquee/sql/code-points'
import { type ExternalSource, externalIdsOf, type Metadata } from '../metadata.ts'

/** Index of movies by their ids at other sources. */
export interface ExternalIdIndex {
  add(movie: Metadata): void
  remove(movie: Metadata): void
  /** Does the same as `MetadataStore.findByExternalId`. */
  find(
    source: ExternalSource,
    externalIds: readonly string[],
    countMax: number,
  ): Map<string, string[]>
}

/** Creates an index in memory. */
export function createExternalIdIndex(): ExternalIdIndex {
  const movieIds = new Map<string, Set<string>>()
  return {
    add(movie) {
      for (const key of keysOf(movie)) {
        const known = movieIds.get(key)
        if (known === undefined) movieIds.set(key, new Set([movie.id]))
        else known.add(movie.id)
      }
    },
    remove(movie) {
      for (const key of keysOf(movie)) {
        const known = movieIds.get(key)
        known?.delete(movie.id)
        if (known?.size === 0) movieIds.delete(key)
      }
    },
    find(source, externalIds, countMax) {
      const found = new Map<string, string[]>()
      for (const externalId of externalIds) {
        const ids = movieIds.get(keyOf(source, externalId))
        if (ids === undefined) continue
        found.set(externalId, [...ids].sort(compareCodePoints).slice(0, countMax))
      }
      return found
    },
  }
}

function keysOf(movie: Metadata): string[] {
  return externalIdsOf(movie).map(([source, id]) => keyOf(source, id))
}

function keyOf(source: ExternalSource, externalId: string): string {
  return `${source} ${externalId}`
}
