import { memoryCapabilities } from '@marquee/sql/capabilities'
import { firstIndex } from '@marquee/sql/first-index'
import { nextRevision } from '@marquee/sql/revision'
import type { Metadata, StoredMetadata } from '../metadata.ts'
import { createDeletedMovies, pageOfChanges } from './changes.ts'
import { createExternalIdIndex } from './external-id-index.ts'
import { comparePositions, pageOf } from './list.ts'
import type {
  Change,
  ChangePosition,
  EditedMovie,
  ListOptions,
  ListPage,
  ListPosition,
  MetadataStore,
  MovieEdit,
  PutOutcome,
} from './port.ts'
import { createSortedList } from './sorted-list.ts'

export interface MemoryMetadataStoreOptions {
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /** See the constant of the same name, which is the default. */
  readonly deletedCountMax?: number
}

/** Creates a catalogue that is lost when the process ends. */
export function createMemoryMetadataStore(options: MemoryMetadataStoreOptions = {}): MetadataStore {
  const { clock = Date.now } = options
  const movies = new Map<string, StoredMetadata>()
  const inOrder = createSortedList<StoredMetadata>(comparePositions)
  const externalIdIndex = createExternalIdIndex()
  const deleted = createDeletedMovies(options.deletedCountMax)
  let revision = nextRevision(0, clock())

  function put(given: readonly Metadata[]): PutOutcome[] {
    const stamp = { updateTimeMs: clock(), revision: nextRevision(revision, clock()) }
    const prepared = given.map((movie) => frozenCopy({ ...movie, ...stamp }))
    if (prepared.length === 0) return []
    revision = stamp.revision
    return prepared.map((movie) => {
      const outcome = drop(movie.id) ? 'replaced' : 'created'
      movies.set(movie.id, movie)
      deleted.restore(movie.id)
      inOrder.add(movie)
      externalIdIndex.add(movie)
      return outcome
    })
  }

  function drop(id: string): boolean {
    const movie = movies.get(id)
    if (movie === undefined) return false
    movies.delete(id)
    inOrder.remove(movie)
    externalIdIndex.remove(movie)
    return true
  }

  function edit(
    id: string,
    decide: (before: StoredMetadata | undefined) => MovieEdit,
  ): EditedMovie {
    const before = movies.get(id)
    const next = decide(before)
    if (next === 'delete') remove(id)
    else if (next !== 'keep') put([next])
    return { before, after: movies.get(id) }
  }

  function remove(id: string): void {
    if (!drop(id)) return
    revision = nextRevision(revision, clock())
    deleted.add(id, revision)
  }

  function startOf(after: ListPosition | undefined): number {
    if (after === undefined) return 0
    return firstIndex(inOrder.items(), (movie) => comparePositions(movie, after) > 0)
  }

  function changes(after: ChangePosition, limit: number) {
    if (deleted.hasForgottenAfter(after.revision)) return undefined
    const puts = Array.from(movies.values(), (movie): Change => ({ kind: 'put', movie }))
    return pageOfChanges([...puts, ...deleted.all()], after, limit)
  }

  async function list({ after, limit }: ListOptions): Promise<ListPage> {
    const start = startOf(after)
    return pageOf(inOrder.items().slice(start, start + limit), limit)
  }

  return {
    capabilities: memoryCapabilities,
    get: async (id) => movies.get(id),
    async getMany(ids) {
      const found = ids.flatMap((id) => movies.get(id) ?? [])
      return new Map(found.map((movie) => [movie.id, movie]))
    },
    findByExternalId: async (source, externalIds, countMax) =>
      externalIdIndex.find(source, externalIds, countMax),
    put: async (given) => put(given),
    edit: async (id, decide) => edit(id, decide),
    list,
    changes: async (after, limit) => changes(after, limit),
    revision: async () => revision,
    async [Symbol.asyncDispose]() {},
  }
}

/**
 * Copies and freezes the movie, so that a caller cannot change the catalogue through its own object
 * or a result.
 */
function frozenCopy(movie: StoredMetadata): StoredMetadata {
  const { externalIds } = movie
  return Object.freeze({
    ...movie,
    genres: Object.freeze([...movie.genres]),
    ...(externalIds && { externalIds: Object.freeze({ ...externalIds }) }),
  })
}
