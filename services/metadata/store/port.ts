import type { StoreCapabilities } from '@marquee/sql/capabilities'
import type { ExternalSource, Metadata, StoredMetadata } from '../metadata.ts'

/** Outcome of a put: whether it replaced a movie. */
export type PutOutcome = 'created' | 'replaced'

/** Decision about a movie: its new metadata, to `delete` it, or to `keep` it as it is. */
export type MovieEdit = Metadata | 'delete' | 'keep'

/** A movie before and after an edit. `undefined` when there is none. */
export interface EditedMovie {
  readonly before: StoredMetadata | undefined
  readonly after: StoredMetadata | undefined
}

/** Last position of a page of the catalogue. */
export interface ListPosition {
  readonly title: string
  readonly id: string
}

export interface ListOptions {
  /** Maximum number of movies of the page. */
  readonly limit: number
  /** Position after which the page starts. Default: the beginning. */
  readonly after?: ListPosition
}

export interface ListPage {
  readonly movies: readonly StoredMetadata[]
  /** Position of the next page, or `undefined` when this is the last one. */
  readonly next: ListPosition | undefined
}

/** The state that the last put or delete has left of a movie. */
export type Change =
  | { readonly kind: 'put'; readonly movie: StoredMetadata }
  | { readonly kind: 'deleted'; readonly id: string; readonly revision: number }

/** Last position of a page of changes. */
export interface ChangePosition {
  readonly revision: number
  /** Absent for the end of the changes of this revision. */
  readonly id?: string
}

export interface ChangesPage {
  readonly changes: readonly Change[]
  /** Position of the next page, or `undefined` when this is the last one. */
  readonly next: ChangePosition | undefined
}

/**
 * Number of deleted movies whose ids a store keeps for `changes`. It may keep some more, which it
 * removes together.
 */
export const deletedCountMax = 100_000

/**
 * The catalogue. All methods may be called concurrently. Each is atomic: it takes full effect or,
 * when it rejects, none. In a `durable` store, a resolved write survives the end of the process.
 */
export interface MetadataStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities

  /**
   * Returns the movie, or `undefined` when the id is unknown. May return the same object again
   * while the movie does not change.
   */
  get(id: string): Promise<StoredMetadata | undefined>

  /** Returns the movies by id. An unknown id has no entry. */
  getMany(ids: readonly string[]): Promise<ReadonlyMap<string, StoredMetadata>>

  /**
   * Returns the movies that have these ids at another source, by external id, in order of their own
   * id. Returns at most `countMax` movies for each. An unknown external id has no entry.
   */
  findByExternalId(
    source: ExternalSource,
    externalIds: readonly string[],
    countMax: number,
  ): Promise<ReadonlyMap<string, readonly string[]>>

  /**
   * Saves the movies in order, each replacing all previous metadata of its id. Returns an outcome
   * for each, in the same order: a movie named twice is created, then replaced. Putting twice is
   * harmless.
   */
  put(movies: readonly Metadata[]): Promise<PutOutcome[]>

  /**
   * Creates, replaces, deletes or keeps one movie, as `decide` says from what it is. No other write
   * takes place between its reading and its writing. `decide` may be called more than once. The
   * metadata that it returns must have the same id. Rejects with what it throws, and saves nothing.
   */
  edit(id: string, decide: (before: StoredMetadata | undefined) => MovieEdit): Promise<EditedMovie>

  /**
   * Lists movies by title, then id, both compared by code point. `after` may name a deleted movie.
   */
  list(options: ListOptions): Promise<ListPage>

  /**
   * Returns what has changed after a revision: the last change of each movie, in order of revision,
   * then id. Returns `undefined` when some deletes after it are forgotten: read the whole list.
   * @param limit Maximum number of changes of the page.
   */
  changes(after: ChangePosition, limit: number): Promise<ChangesPage | undefined>

  /**
   * Returns a number that grows with every put and delete that changed something. It never repeats,
   * even after a restart.
   */
  revision(): Promise<number>
}
