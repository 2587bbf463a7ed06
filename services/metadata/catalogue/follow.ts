import { createRatedMovies, type MovieRating, type RatedMovies } from '../ratings/rated-movies.ts'
import type { ChangePosition, ListPosition, MetadataStore } from '../store/port.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import type { CataloguePage, CatalogueQuery } from './query.ts'
import { createSlices } from './slices.ts'

/** The movies of a store, as lists need them. */
export interface FollowingCatalogue {
  /** Reads all movies, so that the first list need not wait for it. */
  load(): Promise<void>
  /** Takes over ratings that lists will be given, so that the first list need not wait for it. */
  prepare(ratings: ReadonlyMap<string, MovieRating>): Promise<void>
  /** Lists the movies, with everything that was written before the call, by any process. */
  list(query: CatalogueQuery, signal: AbortSignal | undefined): Promise<CataloguePage>
}

/** Number of movies in one read: a few milliseconds. */
const readSize = 200
/** Number of dead places from which on the catalogue is read again, when they are more than the movies. */
const deadCountMin = 20_000

interface Loaded {
  readonly catalogue: Catalogue
  /** Revision up to which the catalogue has everything. */
  revision: number
}

/**
 * Keeps a catalogue in memory that follows a store. It is read at the first call.
 * @param rated The ratings of its movies. Default: none.
 */
export function followStore(
  store: Pick<MetadataStore, 'list' | 'changes' | 'revision'>,
  rated: Pick<RatedMovies, 'get' | 'onChange'> = createRatedMovies(),
): FollowingCatalogue {
  const slices = createSlices()
  /** The current catalogue, and those that are being read. */
  const catalogues = new Set<Catalogue>()
  let current: Loaded | undefined
  let rebuilding: Promise<void> | undefined
  let refreshing: Promise<Catalogue> | undefined
  let waiting: Promise<Catalogue> | undefined

  rated.onChange((id, rating) => {
    for (const catalogue of catalogues) catalogue.rate(id, rating)
  })

  /** Reads all movies into a new catalogue, which replaces the current one. */
  async function load(): Promise<Loaded> {
    const catalogue = createCatalogue(rated.get)
    catalogues.add(catalogue)
    try {
      const loaded = { catalogue, revision: await store.revision() }
      let after: ListPosition | undefined
      do {
        await slices.next()
        const page = await store.list({ limit: readSize, ...(after && { after }) })
        for (const movie of page.movies) catalogue.put(movie)
        after = page.next
      } while (after !== undefined)
      if (current) catalogues.delete(current.catalogue)
      current = loaded
      return loaded
    } catch (error) {
      catalogues.delete(catalogue)
      throw error
    }
  }

  /** Applies what has changed. Returns `false` when the store has forgotten some of it. */
  async function follow(loaded: Loaded): Promise<boolean> {
    const revision = await store.revision()
    let after: ChangePosition | undefined
    if (revision !== loaded.revision) after = { revision: loaded.revision }
    while (after !== undefined) {
      const page = await store.changes(after, readSize)
      if (page === undefined) return false
      for (const change of page.changes) {
        if (change.kind === 'put') loaded.catalogue.put(change.movie)
        else loaded.catalogue.remove(change.id)
      }
      after = page.next
      if (after !== undefined) await slices.next()
    }
    loaded.revision = revision
    return true
  }

  /** Brings the catalogue up to the store. Reads it again when the store has forgotten changes. */
  async function refresh(): Promise<Catalogue> {
    let loaded = current ?? (await load())
    if (!(await follow(loaded))) loaded = await load()
    rebuildWhenNeeded(loaded.catalogue)
    return loaded.catalogue
  }

  /** Replaces a catalogue with many dead places, while it is used. */
  function rebuildWhenNeeded(catalogue: Catalogue): void {
    const dead = catalogue.deadCount()
    if (rebuilding !== undefined || dead < deadCountMin || dead < catalogue.count()) return
    rebuilding = load()
      .then(() => {})
      // The next refresh tries again, and fails when the store still does.
      .catch(() => {})
      .finally(() => {
        rebuilding = undefined
      })
  }

  /** Shares one refresh among the calls that came before it began. */
  function refreshed(): Promise<Catalogue> {
    if (refreshing === undefined) {
      refreshing = refresh().finally(() => {
        refreshing = undefined
      })
      return refreshing
    }
    const ended = refreshing.then(
      () => {},
      () => {},
    )
    waiting ??= ended.then(() => {
      waiting = undefined
      return refreshed()
    })
    return waiting
  }

  return {
    async load() {
      await refreshed()
    },
    async prepare(ratings) {
      await current?.catalogue.prepare(ratings, () => slices.next())
    },
    async list(query, signal) {
      const catalogue = await refreshed()
      return catalogue.list(query, () => slices.next(signal))
    },
  }
}
