import type { StoreCapabilities } from '@marquee/sql/capabilities'
import type { Metadata, StoredMetadata } from '../metadata.ts'

/** Whether a put found something to replace. */
export type PutOutcome = 'created' | 'replaced'

/** Where a page of the catalogue ended: its last movie. */
export interface ListPosition {
  readonly title: string
  readonly id: string
}

export interface ListOptions {
  /** Words of a search (see `queryWords`). Each must begin a word of the title or director. Empty for all movies. */
  readonly words: readonly string[]
  /** How many movies to answer at most. */
  readonly limit: number
  /** Answers what comes after this position. */
  readonly after?: ListPosition
  /** A long search ends when it is aborted, and rejects with its reason. */
  readonly signal?: AbortSignal
}

export interface ListPage {
  readonly movies: readonly StoredMetadata[]
  /**
   * Where to go on; undefined when there is nothing more. A page before that may have fewer movies than the limit, or
   * none, when a search has looked at as many as one call may (`searchLimits`).
   */
  readonly next: ListPosition | undefined
}

/**
 * The catalogue. All methods may be called concurrently, and each is atomic: it takes effect wholly or, when it
 * rejects, not at all. What a resolved write stored survives the end of the process, where the store is `durable`.
 */
export interface MetadataStore extends AsyncDisposable {
  readonly capabilities: StoreCapabilities

  /** The movie, or undefined when nothing is known of it. The same object may be answered again while it is the same. */
  get(id: string): Promise<StoredMetadata | undefined>

  /** What is known of the movies, by id; an unknown id has no entry. */
  getMany(ids: readonly string[]): Promise<ReadonlyMap<string, StoredMetadata>>

  /**
   * Stores the movies in order, each replacing all that was known of it. Answers an outcome for each, in the same
   * order: a movie named twice is created, then replaced. Putting twice is harmless.
   */
  put(movies: readonly Metadata[]): Promise<PutOutcome[]>

  /** Forgets the movie; false when nothing was known of it. */
  delete(id: string): Promise<boolean>

  /**
   * Movies in order of title, then id, both compared by code point. A deleted `after` movie still marks its place. A long
   * search sees a movie that is put meanwhile as if it had been put between two pages.
   */
  list(options: ListOptions): Promise<ListPage>

  /** Grows with every put and delete that changed something, and never repeats, also not after a restart. */
  revision(): Promise<number>
}
