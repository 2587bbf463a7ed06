import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import { setVersion } from '@marquee/service/rest/conditional'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import type {
  ListMetadataRequest,
  Metadata as MetadataMessage,
} from '../../gen/metadata/v1/metadata_pb.ts'
import type { CataloguePage, Position } from './catalogue/catalogue.ts'
import type { Facets } from './catalogue/facets.ts'
import { type Filter, parseFilter } from './catalogue/filter.ts'
import type { FollowingCatalogue } from './catalogue/follow.ts'
import { parseOrder } from './catalogue/order.ts'
import { QueryError } from './catalogue/query-error.ts'
import { usesRatings } from './catalogue/uses-ratings.ts'
import type { StoredMetadata } from './metadata.ts'
import type { FollowedRatings, RatingsState } from './ratings/follow-ratings.ts'
import { withReason } from './reasons.ts'
import type { MetadataStore } from './store/port.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 50, max: 500 }
/** Approximate size, in bytes, at which a page ends early: descriptions may be long. */
const pageBytesMax = 1024 * 1024
/** Maximum number of movies in one read. Limits how far a page exceeds `pageBytesMax`. */
const readSizeMax = 100

export interface ListMetadataOptions {
  readonly store: Pick<MetadataStore, 'getMany' | 'revision'>
  readonly catalogue: FollowingCatalogue
  /** The ratings of the catalogue. Default: none, and lists by ratings fail. */
  readonly ratings?: FollowedRatings | undefined
  readonly toMessage: (movie: StoredMetadata) => MetadataMessage
}

/** Implements `metadata.v1.MetadataService.ListMetadata`. */
export function createListMetadata(options: ListMetadataOptions) {
  const { store, catalogue, ratings, toMessage } = options
  return async (request: ListMetadataRequest, context: HandlerContext) => {
    const { pageSize, pageToken, includeFacets } = request
    const query = request.query.trim()
    const { filter, order } = await read(request, query !== '')
    const { filter: condition, orderBy, ratingCountMin } = request
    const parts = [query, condition, orderBy, `${ratingCountMin}`]
    const list = `metadata:${JSON.stringify(parts)}`
    const after = decodePageToken(pageToken, list, isPosition)
    const rated = usesRatings({ filter, order }) ? requireRatings(ratings) : undefined
    setVersion(context, versionOf(await store.revision(), rated))
    const limit = pageSizeOf(pageSize, pageSizes)
    const selected = { query, filter, order, after, limit, hasFacets: includeFacets }
    const page = await catalogue.list(selected, context.signal)
    const { movies, next } = await readMovies(store, page)
    return {
      metadata: movies.map(toMessage),
      nextPageToken: next ? encodePageToken(list, next) : '',
      totalSize: page.totalSize,
      ...(page.facets && { facets: facetsMessage(page.facets) }),
      ...(rated && { ratings: ratingsMessage(rated) }),
    }
  }
}

/** Reads filter and order. Throws `INVALID_ARGUMENT` for what they may not contain. */
async function read(
  { filter: text, orderBy, ratingCountMin }: ListMetadataRequest,
  hasQuery: boolean,
) {
  try {
    const condition = text === '' ? undefined : await parseFilter(text)
    const filter = ratingCountMin > 0n ? withCount(condition, Number(ratingCountMin)) : condition
    return { filter, order: parseOrder(orderBy, hasQuery) }
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw withReason(new ConnectError(error.message, Code.InvalidArgument), 'QUERY_INVALID')
  }
}

function withCount(filter: Filter | undefined, countMin: number): Filter {
  const isRated = (count: number) => count >= countMin
  const right: Filter = { kind: 'number', of: 'ratingCount', test: isRated }
  return filter === undefined ? right : { kind: 'and', left: filter, right }
}

/** Returns the state of the ratings. Throws `UNAVAILABLE` before they were read. */
function requireRatings(ratings: FollowedRatings | undefined): RatingsState {
  const state = ratings?.state()
  if (state !== undefined) return state
  const text = ratings
    ? 'the ratings are not read yet: call again later'
    : 'metadata knows no ratings: start it with --rating-url'
  throw withReason(new ConnectError(text, Code.Unavailable), 'RATING_UNAVAILABLE')
}

/** Returns a version that changes with everything that the list depends on. */
function versionOf(revision: number, rated: RatingsState | undefined): number | string {
  if (rated === undefined) return revision
  return `${revision}-${rated.revision}-${rated.unavailableSince?.getTime() ?? ''}`
}

/**
 * Reads the movies of a page, up to `pageBytesMax`. A movie that was deleted meanwhile is left out.
 */
async function readMovies(
  store: Pick<MetadataStore, 'getMany'>,
  page: CataloguePage,
): Promise<{ movies: StoredMetadata[]; next: Position | undefined }> {
  const movies: StoredMetadata[] = []
  let bytes = 0
  let read = 0
  while (read < page.movies.length && bytes < pageBytesMax) {
    const part = page.movies.slice(read, read + readSizeMax)
    const found = await store.getMany(part.map(({ id }) => id))
    const present = part.flatMap(({ id }) => found.get(id) ?? [])
    movies.push(...present)
    bytes += bytesOf(present)
    read += part.length
  }
  const isLast = read === page.movies.length && !page.hasNext
  return { movies, next: isLast ? undefined : page.movies[read - 1]?.position }
}

/** Estimates the size of movies as messages, in bytes, from their texts. */
function bytesOf(movies: readonly StoredMetadata[]): number {
  let bytes = 0
  for (const { title, description, director } of movies) {
    bytes += 2 * (title.length + description.length + director.length) + 100
  }
  return bytes
}

function facetsMessage({ genres, decades }: Facets) {
  return {
    genres: genres.map(({ value, count }) => ({ genre: value, count })),
    decades: decades.map(({ value, count }) => ({ firstYear: value, count })),
  }
}

function ratingsMessage({ revision, unavailableSince }: RatingsState) {
  const since = unavailableSince && timestampFromDate(unavailableSince)
  return { revision: BigInt(revision), ...(since && { unavailableSince: since }) }
}

function isPosition(value: unknown): value is Position {
  const { title, id, values } = (value ?? {}) as Partial<Position>
  return typeof title === 'string' && typeof id === 'string' && isValues(values)
}

function isValues(values: unknown): boolean {
  if (!Array.isArray(values)) return false
  return values.every((value) => value === null || typeof value === 'number')
}
