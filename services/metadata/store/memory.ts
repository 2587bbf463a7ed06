import { nextRevision } from '../../../platform/revision/revision.ts'
import { compareCodePoints } from '../../../platform/text/code-points.ts'
import { type Metadata, type StoredMetadata, searchWords } from '../metadata.ts'
import type { ListOptions, ListPosition, MetadataStore, PutOutcome } from './port.ts'

export interface MemoryMetadataStoreOptions {
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
}

interface Entry {
  readonly movie: StoredMetadata
  readonly words: readonly string[]
}

/** A catalogue that ends with the process. */
export function createMemoryMetadataStore(options: MemoryMetadataStoreOptions = {}): MetadataStore {
  const { clock = Date.now } = options
  const entries = new Map<string, Entry>()
  let inOrder: Entry[] | undefined
  let revision = nextRevision(0, clock())

  function put(movies: readonly Metadata[]): PutOutcome[] {
    const stamp = { updateTimeMs: clock(), revision: nextRevision(revision, clock()) }
    const prepared = movies.map((movie) => prepare({ ...movie, ...stamp }))
    if (prepared.length === 0) return []
    revision = stamp.revision
    inOrder = undefined
    return prepared.map((entry) => {
      const outcome = entries.has(entry.movie.id) ? 'replaced' : 'created'
      entries.set(entry.movie.id, entry)
      return outcome
    })
  }

  function remove(id: string): boolean {
    if (!entries.delete(id)) return false
    revision = nextRevision(revision, clock())
    inOrder = undefined
    return true
  }

  function list({ words, limit, after }: ListOptions): StoredMetadata[] {
    inOrder ??= [...entries.values()].sort((a, b) => comparePositions(a.movie, b.movie))
    const found: StoredMetadata[] = []
    for (const entry of inOrder) {
      if (found.length >= limit) break
      if (after !== undefined && comparePositions(entry.movie, after) <= 0) continue
      if (hasWords(entry, words)) found.push(entry.movie)
    }
    return found
  }

  return {
    durable: false,
    get: async (id) => entries.get(id)?.movie,
    async getMany(ids) {
      const found = ids.flatMap((id) => entries.get(id)?.movie ?? [])
      return new Map(found.map((movie) => [movie.id, movie]))
    },
    put: async (movies) => put(movies),
    delete: async (id) => remove(id),
    list: async (options) => list(options),
    revision: async () => revision,
    async [Symbol.asyncDispose]() {},
  }
}

/** Copies and freezes: what a caller does later to its own object, or to an answer, must not reach the catalogue. */
function prepare(movie: StoredMetadata): Entry {
  return {
    movie: Object.freeze({ ...movie, genres: Object.freeze([...movie.genres]) }),
    words: searchWords(`${movie.title} ${movie.director}`),
  }
}

function hasWords(entry: Entry, words: readonly string[]): boolean {
  return words.every((word) => entry.words.some((own) => own.startsWith(word)))
}

function comparePositions(a: ListPosition, b: ListPosition): number {
  return compareCodePoints(a.title, b.title) || compareCodePoints(a.id, b.id)
}
