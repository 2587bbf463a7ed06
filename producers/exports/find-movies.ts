import { describeScale, type Scale } from '../../services/rating/scale.ts'
import { type CatalogueRating, quoted, timestampOf } from '../catalogue/outcome.ts'
import { callSizeMax, type PlacedItem } from '../import.ts'
import { inParts } from '../input.ts'
import type { Placed } from '../placed.ts'
import { formatCount, type Summary } from '../summary.ts'
import { convertValue } from './convert-value.ts'
import type { ExportedRating } from './exported-rating.ts'
import { type Catalogue, matchAll, matchBatchMax } from './match.ts'

/** Maximum number of ratings of an export. Memory holds all of them. */
const ratingsMax = 100_000

export interface FindOptions {
  readonly batches: AsyncIterable<readonly Placed<ExportedRating>[]>
  readonly to: Scale
  readonly userId: string
  readonly catalogue: Catalogue
  /** Counts what is `read`, `unmatched`, `ambiguous` and `refused`. */
  readonly summary: Summary
  /** Called after each batch. */
  onProgress(): void
  readonly signal: AbortSignal
}

/** A rating of the export with its movie. */
interface Found {
  readonly where: string
  readonly rating: ExportedRating
  readonly movieId: string
}

/**
 * Finds the movies of a person's export. Returns the ratings to import, and reports all others.
 * Reads the whole export first, because two ratings that match the same movie are both ambiguous.
 * Returns nothing after an abort.
 */
export async function findMovies(options: FindOptions): Promise<PlacedItem<CatalogueRating>[]> {
  const { batches, summary, signal, onProgress } = options
  const read = await readAll(batches, signal, ratingsMax)
  const found: Found[] = []
  for (let start = 0; start < read.length; start += matchBatchMax) {
    if (signal.aborted) return []
    found.push(...(await findBatch(read.slice(start, start + matchBatchMax), options)))
    onProgress()
  }
  return withoutRepeated(found, summary).flatMap((each) => toItem(each, options))
}

async function readAll<T>(
  batches: AsyncIterable<readonly T[]>,
  signal: AbortSignal,
  countMax: number,
): Promise<T[]> {
  const all: T[] = []
  for await (const part of inParts(batches, callSizeMax, signal)) {
    all.push(...part)
    if (all.length > countMax) {
      throw new Error(`the file has more than ${formatCount(countMax)} ratings: split it`)
    }
  }
  return all
}

/** Returns the ratings that match a movie, and reports the others. */
async function findBatch(
  read: readonly Placed<ExportedRating>[],
  { catalogue, summary }: FindOptions,
): Promise<Found[]> {
  const ratings = read.flatMap(({ outcome }) => (outcome.kind === 'item' ? [outcome.item] : []))
  const matches = (await matchAll(catalogue, ratings)).values()
  return read.flatMap(({ where, outcome }) => {
    summary.count('read')
    if (outcome.kind === 'refused') summary.refuse(where, outcome.reason)
    const match = outcome.kind === 'item' ? matches.next().value : undefined
    if (outcome.kind !== 'item' || match === undefined) return []
    const rating = outcome.item
    if (match.kind === 'matched') return [{ where, rating, movieId: match.movieId }]
    summary.report(match.kind, where, `${nameOf(rating)}: ${match.reason}`)
    return []
  })
}

/** Returns the ratings whose movie no other one has, and reports the others. */
function withoutRepeated(found: readonly Found[], summary: Summary): Found[] {
  const byMovie = Map.groupBy(found, ({ movieId }) => movieId)
  return found.filter(({ where, rating, movieId }) => {
    const other = byMovie.get(movieId)?.find((each) => each.where !== where)
    if (other === undefined) return true
    const reason = `its movie is ${movieId}, which is also that of ${other.where}`
    summary.report('ambiguous', where, `${nameOf(rating)}: ${reason}`)
    return false
  })
}

/** Returns the rating to import, or reports that its value is not on the target scale. */
function toItem({ where, rating, movieId }: Found, { to, userId, summary }: FindOptions) {
  const value = convertValue(rating.value, rating.scale, to)
  if (value !== undefined) {
    const ratedTime = timestampOf(rating.timeMs)
    const item = { recordType: 'movie', recordId: movieId, userId, value, ratedTime }
    return [{ where, item }]
  }
  summary.refuse(where, `${nameOf(rating)}: ${withoutEqual(rating, to)}`)
  return []
}

/** Returns the reason to refuse a rating whose value is not on the target scale. */
export function withoutEqual({ value, scale }: ExportedRating, to: Scale): string {
  return `${value} of ${scale.max} has no equal from ${describeScale(to)}`
}

/** Names the movie of a rating, for a reason. */
export function nameOf({ title, year, ids, record }: ExportedRating): string {
  const id = record?.recordId ?? ids.movielens ?? Object.values(ids)[0] ?? ''
  const name = title === '' ? id || '""' : quoted(title)
  return year === undefined ? name : `${name} (${year})`
}
