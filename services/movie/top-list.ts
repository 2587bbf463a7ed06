import {
  type Caller,
  type Details,
  join,
  type MovieValue,
  type Page,
  type PageOptions,
  type Sources,
} from './movie.ts'

/** Limits of one page of the top list, however many records without a movie it passes. */
export const topListLimits = {
  /** Maximum number of reads of rating. */
  readsMax: 8,
  /** Maximum number of records of one read, which rating and metadata return at once. */
  readSizeMax: 500,
  /** Factor by which a read grows after one in which movies were missing. */
  growth: 8,
}

export type TopListLimits = Readonly<typeof topListLimits>

export interface TopListOptions extends PageOptions {
  readonly countMin: bigint
}

/**
 * Reads the top list until the page is full: rating also lists records whose movie was deleted or
 * never added. A page with a next one has fewer movies only when rating returned fewer records than
 * requested, or after `readsMax` reads.
 */
export async function readTopList<M, R>(
  { metadata, ratings }: Sources<M, R>,
  options: TopListOptions,
  caller: Caller,
  { readsMax, readSizeMax, growth }: TopListLimits = topListLimits,
): Promise<Page<Details<M, R>>> {
  const known = createKnownMovies((ids) => metadata.getMany(ids, caller))
  const items: Details<M, R>[] = []
  let { pageToken } = options
  let ahead = 1
  let size = options.pageSize
  for (let reads = 1; reads <= readsMax; reads++) {
    const left = options.pageSize - items.length
    const page = await ratings.top({ ...options, pageSize: size, pageToken }, caller)
    const found = await known.join(page.items)
    if (found.length > left) {
      // Read again up to the last movie of the page, because only whole reads have a token.
      size = (found[left - 1] as Found<M, R>).place + 1
      continue
    }
    items.push(...found.map(({ details }) => details))
    pageToken = page.nextPageToken
    const missing = left - found.length
    if (missing === 0 || page.items.length < size || pageToken === '') break
    if (reads > 1) ahead *= growth
    // The last read cannot be repeated, so it must not find more than is missing.
    size = reads + 1 < readsMax ? Math.min(readSizeMax, missing * ahead) : missing
  }
  return { items, nextPageToken: pageToken }
}

interface Found<M, R> {
  readonly details: Details<M, R>
  /** Index of its record in the read. */
  readonly place: number
}

/** Joins records with their movies, and reads the metadata of each movie once. */
function createKnownMovies<M>(
  getMany: (ids: readonly string[]) => Promise<ReadonlyMap<string, M>>,
) {
  const movies = new Map<string, M | undefined>()
  return {
    /** Returns the records that have a movie, in order. */
    async join<R>(records: readonly MovieValue<R>[]): Promise<Found<M, R>[]> {
      const ids = records.map(({ movieId }) => movieId).filter((id) => !movies.has(id))
      const read = ids.length === 0 ? undefined : await getMany(ids)
      for (const id of ids) movies.set(id, read?.get(id))
      return records.flatMap(({ movieId, value }, place) => {
        const movie = movies.get(movieId)
        if (movie === undefined) return []
        return [{ details: join(movie, { kind: 'found', value }), place }]
      })
    },
  }
}
