import { memoryCapabilities } from '@marquee/sql/capabilities'
import { firstIndex } from '@marquee/sql/first-index'
import { nextRevision } from '@marquee/sql/revision'
import { type Metadata, type StoredMetadata, searchWords } from '../metadata.ts'
import { createDeletedMovies, pageOfChanges } from './changes.ts'
import { createExternalIdIndex } from './external-id-index.ts'
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
import {
  comparePositions,
  countEach,
  pageOf,
  type SearchIndex,
  type SearchLimits,
  search,
  type Walked,
} from './search.ts'
import { createSlices } from './slices.ts'
import { createSortedList } from './sorted-list.ts'

export interface MemoryMetadataStoreOptions {
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  readonly searchLimits?: SearchLimits
  /** See the constant of the same name, which is the default. */
  readonly deletedCountMax?: number
}

interface Entry {
  readonly movie: StoredMetadata
  readonly words: readonly string[]
}

/** Creates a catalogue that is lost when the process ends. */
export function createMemoryMetadataStore(options: MemoryMetadataStoreOptions = {}): MetadataStore {
  const { clock = Date.now, searchLimits } = options
  const entries = new Map<string, Entry>()
  const inOrder = createSortedList<Entry>((a, b) => comparePositions(a.movie, b.movie))
  const wordIndex = createWordIndex()
  const externalIdIndex = createExternalIdIndex()
  const slices = createSlices()
  const deleted = createDeletedMovies(options.deletedCountMax)
  let revision = nextRevision(0, clock())

  function put(movies: readonly Metadata[]): PutOutcome[] {
    const stamp = { updateTimeMs: clock(), revision: nextRevision(revision, clock()) }
    const prepared = movies.map((movie) => prepare({ ...movie, ...stamp }))
    if (prepared.length === 0) return []
    revision = stamp.revision
    return prepared.map((entry) => {
      const outcome = drop(entry.movie.id) ? 'replaced' : 'created'
      entries.set(entry.movie.id, entry)
      deleted.restore(entry.movie.id)
      inOrder.add(entry)
      wordIndex.add(entry)
      externalIdIndex.add(entry.movie)
      return outcome
    })
  }

  function drop(id: string): boolean {
    const entry = entries.get(id)
    if (entry === undefined) return false
    entries.delete(id)
    inOrder.remove(entry)
    wordIndex.remove(entry)
    externalIdIndex.remove(entry.movie)
    return true
  }

  function edit(
    id: string,
    decide: (before: StoredMetadata | undefined) => MovieEdit,
  ): EditedMovie {
    const before = entries.get(id)?.movie
    const next = decide(before)
    if (next === 'delete') remove(id)
    else if (next !== 'keep') put([next])
    return { before, after: entries.get(id)?.movie }
  }

  function remove(id: string): void {
    if (!drop(id)) return
    revision = nextRevision(revision, clock())
    deleted.add(id, revision)
  }

  function startOf(after: ListPosition | undefined): number {
    if (after === undefined) return 0
    return firstIndex(inOrder.items(), ({ movie }) => comparePositions(movie, after) > 0)
  }

  function changes(after: ChangePosition, limit: number) {
    if (deleted.hasForgottenAfter(after.revision)) return undefined
    const puts = Array.from(entries.values(), ({ movie }): Change => ({ kind: 'put', movie }))
    return pageOfChanges([...puts, ...deleted.all()], after, limit)
  }

  async function list(options: ListOptions): Promise<ListPage> {
    if (options.words.length > 0) return search(index, options, searchLimits)
    const start = startOf(options.after)
    const page = inOrder.items().slice(start, start + options.limit)
    return pageOf(
      page.map(({ movie }) => movie),
      options.limit,
    )
  }

  const index: SearchIndex = {
    count(words, max, signal) {
      const count = (word: string, max: number) => wordIndex.entriesOf(word, max).length
      return countEach(words, { max, count, slices, signal })
    },
    async among(rare, { words, limit, after, signal }) {
      await slices.next(signal)
      return wordIndex
        .entriesOf(rare, Number.POSITIVE_INFINITY)
        .filter((entry) => hasWords(entry, words))
        .map(({ movie }) => movie)
        .filter((movie) => after === undefined || comparePositions(movie, after) > 0)
        .sort(comparePositions)
        .slice(0, limit)
    },
    async walk({ words, limit, after, signal }, size): Promise<Walked> {
      await slices.next(signal)
      const start = startOf(after)
      const walked = inOrder.items().slice(start, start + size)
      const found = walked.filter((entry) => hasWords(entry, words)).slice(0, limit)
      const end = walked.length === size ? walked.at(-1)?.movie : undefined
      return { movies: found.map(({ movie }) => movie), end: end && positionOf(end) }
    },
  }

  return {
    capabilities: memoryCapabilities,
    get: async (id) => entries.get(id)?.movie,
    async getMany(ids) {
      const found = ids.flatMap((id) => entries.get(id)?.movie ?? [])
      return new Map(found.map((movie) => [movie.id, movie]))
    },
    findByExternalId: async (source, externalIds, countMax) =>
      externalIdIndex.find(source, externalIds, countMax),
    put: async (movies) => put(movies),
    edit: async (id, decide) => edit(id, decide),
    list,
    changes: async (after, limit) => changes(after, limit),
    revision: async () => revision,
    async [Symbol.asyncDispose]() {},
  }
}

interface WordIndex {
  add(entry: Entry): void
  remove(entry: Entry): void
  /** Returns at most `max` entries with a word that begins with `start`. */
  entriesOf(start: string, max: number): Entry[]
}

function createWordIndex(): WordIndex {
  const entriesByWord = new Map<string, Set<Entry>>()
  const words = createSortedList<string>((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return {
    add(entry) {
      for (const word of new Set(entry.words)) {
        const known = entriesByWord.get(word)
        if (known === undefined) {
          entriesByWord.set(word, new Set([entry]))
          words.add(word)
        } else known.add(entry)
      }
    },
    remove(entry) {
      for (const word of new Set(entry.words)) {
        const known = entriesByWord.get(word)
        known?.delete(entry)
        if (known?.size !== 0) continue
        entriesByWord.delete(word)
        words.remove(word)
      }
    },
    entriesOf(start, max) {
      const found = new Set<Entry>()
      const inOrder = words.items()
      for (let at = firstIndex(inOrder, (word) => word >= start); at < inOrder.length; at++) {
        const word = inOrder[at] as string
        if (!word.startsWith(start)) break
        for (const entry of entriesByWord.get(word) ?? []) {
          if (found.size >= max) return [...found]
          found.add(entry)
        }
      }
      return [...found]
    },
  }
}

/**
 * Copies and freezes the movie, so that a caller cannot change the catalogue through its own object
 * or a result.
 */
function prepare(movie: StoredMetadata): Entry {
  const { externalIds } = movie
  return {
    movie: Object.freeze({
      ...movie,
      genres: Object.freeze([...movie.genres]),
      ...(externalIds && { externalIds: Object.freeze({ ...externalIds }) }),
    }),
    words: searchWords(`${movie.title} ${movie.director}`),
  }
}

function hasWords(entry: Entry, words: readonly string[]): boolean {
  return words.every((word) => entry.words.some((own) => own.startsWith(word)))
}

function positionOf({ title, id }: ListPosition): ListPosition {
  return { title, id }
}
