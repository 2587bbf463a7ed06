import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import { setVersion } from '@marquee/service/rest/conditional'
import { pageSizeOf } from '@marquee/service/rest/page-size'
import { decodePageToken, encodePageToken } from '@marquee/service/rest/page-token'
import type {
  ListMetadataRequest,
  Metadata as MetadataMessage,
} from '../../gen/metadata/v1/metadata_pb.ts'
import type { Facets } from './catalogue/facets.ts'
import { atLeast, type Filter, parseFilter } from './catalogue/filter.ts'
import type { FollowingCatalogue } from './catalogue/follow.ts'
import { parseOrder } from './catalogue/order.ts'
import type { CataloguePage, Position } from './catalogue/query.ts'
import { QueryError } from './catalogue/query-error.ts'
import { usesRatings } from './catalogue/uses-ratings.ts'
import type { StoredMetadata } from './metadata.ts'
import {
  createRatingsOfList,
  listedMessage,
  periodRating,
  type RatingsOfListOptions,
  versionOf,
} from './ratings-of-list.ts'
import { withReason } from './reasons.ts'
import type { MetadataStore } from './store/port.ts'

/** Numbers of items in a page. */
const pageSizes = { ofDefault: 50, max: 500 }
/** Approximate size, in bytes, at which a page ends early: descriptions may be long. */
const pageBytesMax = 1024 * 1024
/** Maximum number of movies in one read. Limits how far a page exceeds `pageBytesMax`. */
const readSizeMax = 100

export interface ListMetadataOptions extends RatingsOfListOptions {
  readonly store: Pick<MetadataStore, 'getMany' | 'revision'>
  readonly catalogue: FollowingCatalogue
  readonly toMessage: (movie: StoredMetadata) => MetadataMessage
}

/** Implements `metadata.v1.MetadataService.ListMetadata`. */
export function createListMetadata(options: ListMetadataOptions) {
  const { store, catalogue, toMessage } = options
  const requireListed = createRatingsOfList(options)
  return async (request: ListMetadataRequest, context: HandlerContext) => {
    const { pageSize, pageToken, includeFacets } = request
    const query = request.query.trim()
    const { filter, order } = await read(request, query !== '')
    const list = listOf(request, query)
    const position = decodePageToken(pageToken, list, isPosition)
    const listed = await requireListed(request.period, {
      isByRatings: usesRatings({ filter, order }),
      endMs: position?.endMs,
    })
    setVersion(context, versionOf(await store.revision(), listed))
    const selected = {
      ...{ query, filter, order, after: position, ratings: listed?.ratings },
      limit: pageSizeOf(pageSize, pageSizes),
      hasFacets: includeFacets,
    }
    const page = await catalogue.list(selected, context.signal)
    const { movies, next } = await readMovies(store, page)
    const endMs = listed?.window?.endMs
    return {
      metadata: movies.map(toMessage),
      nextPageToken: next ? encodePageToken(list, { ...next, ...(endMs && { endMs }) }) : '',
      totalSize: page.totalSize,
      ...(page.facets && { facets: facetsMessage(page.facets) }),
      ...(listed && { ratings: listedMessage(listed) }),
      ...(listed?.ratings && { periodRatings: movies.map(({ id }) => periodRating(listed, id)) }),
    }
  }
}

/** Returns the name of a list for its page tokens. */
function listOf(request: ListMetadataRequest, query: string): string {
  const { filter, orderBy, ratingCountMin, period } = request
  const parts = [query, filter, orderBy, `${ratingCountMin}`]
  return `metadata:${JSON.stringify(period ? [...parts, period] : parts)}`
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
  const right: Filter = { kind: 'number', of: 'ratingCount', orders: atLeast, value: countMin }
  return filter === undefined ? right : { kind: 'and', left: filter, right }
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

function facetsMessage({ genres, decades, letters }: Facets) {
  return {
    genres: genres.map(({ value, count }) => ({ genre: value, count })),
    decades: decades.map(({ value, count }) => ({ firstYear: value, count })),
    letters: letters.map(({ value, count }) => ({ letter: value, count })),
  }
}

/** Position of a page. A list of a period also has the end of its window. */
interface PagePosition extends Position {
  readonly endMs?: number
}

function isPosition(value: unknown): value is PagePosition {
  const { title, id, values, endMs } = (value ?? {}) as Partial<PagePosition>
  if (endMs !== undefined && !Number.isSafeInteger(endMs)) return false
  return typeof title === 'string' && typeof id === 'string' && isValues(values)
}

function isValues(values: unknown): boolean {
  if (!Array.isArray(values)) return false
  return values.every((value) => value === null || typeof value === 'number')
}
