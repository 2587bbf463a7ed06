import type { MovieRating } from '../ratings/rated-movies.ts'
import type { Facets } from './facets.ts'
import type { Filter } from './filter.ts'
import type { OrderTerm } from './order.ts'
import type { TitlePosition } from './title-order.ts'

/** A list to read. */
export interface CatalogueQuery {
  /** Words to search for: see `tiers`. Empty for all movies. Without a word in it, it finds none. */
  readonly query: string
  readonly filter: Filter | undefined
  /** Ratings by movie id to filter and order by. Default: those of `rate`. */
  readonly ratings?: ReadonlyMap<string, MovieRating> | undefined
  /** Empty for relevance, or by title without a query. Movies that are equal in it are ordered by title, then id. */
  readonly order: readonly OrderTerm[]
  /** Position of the last movie of the page before. */
  readonly after: Position | undefined
  /** Maximum number of movies of the page. */
  readonly limit: number
  readonly hasFacets: boolean
}

/** The place of a movie in a list. It stays valid when movies change. */
export interface Position extends TitlePosition {
  /** Values by which it is ordered, but its title. `null` for an unknown one. */
  readonly values: readonly (number | null)[]
}

export interface CataloguePage {
  readonly movies: readonly { readonly id: string; readonly position: Position }[]
  /** True when movies come after these. */
  readonly hasNext: boolean
  /** Number of movies of all pages. */
  readonly totalSize: number
  readonly facets: Facets | undefined
}
