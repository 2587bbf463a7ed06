import type { RecordRef } from '../../services/rating/rating.ts'
import { inParts } from '../input.ts'
import type { Placed } from '../placed.ts'
import { formatCount } from '../summary.ts'
import type { ExportedRating } from './exported-rating.ts'
import { type Catalogue, type Match, matchAll, matchBatchMax, type SoughtMovie } from './match.ts'

/** Maximum number of different records of an export. Memory holds all of them. */
const recordsMax = 1_000_000

export interface MatchOptions {
  readonly batches: AsyncIterable<readonly Placed<ExportedRating>[]>
  readonly catalogue: Catalogue
  /** True to take our own record ids of the export as they are. */
  readonly keepsIds: boolean
  /** Called after each batch, with the number of ratings read. */
  onProgress(count: number): void
  readonly signal: AbortSignal
}

/** A record of our own, or the reason why a rating has none. */
export type RecordMatch =
  | { readonly kind: 'matched'; readonly record: RecordRef }
  | Exclude<Match, { kind: 'matched' }>

/**
 * Finds the records of an export of several users, by `keyOf`. Reads the whole export, and keeps
 * its records, but not its ratings. Two records that match the same movie are both ambiguous.
 */
export async function matchRecords(options: MatchOptions): Promise<Map<string, RecordMatch>> {
  const sought = await readRecords(options)
  const found = new Map<string, RecordMatch>()
  const movies = new Map<string, SoughtMovie>()
  for (const [key, movie] of sought) {
    const { record } = movie
    const isKept = record !== undefined && (options.keepsIds || record.recordType !== 'movie')
    if (isKept) found.set(key, { kind: 'matched', record })
    else movies.set(key, movie)
  }
  const keys = [...movies.keys()]
  for (let start = 0; start < keys.length && !options.signal.aborted; start += matchBatchMax) {
    const part = keys.slice(start, start + matchBatchMax)
    const matches = await matchAll(
      options.catalogue,
      part.flatMap((key) => movies.get(key) ?? []),
    )
    for (const [index, key] of part.entries()) {
      const match = matches[index]
      if (match !== undefined) found.set(key, toRecordMatch(match))
    }
  }
  return withoutShared(found)
}

/** Returns the name of the record of a rating in its export. */
export function keyOf({ record, ids }: ExportedRating): string {
  if (record !== undefined) return `${record.recordType} ${record.recordId}`
  return `movie ${ids.movielens ?? Object.values(ids).join(' ')}`
}

async function readRecords({ batches, signal, onProgress }: MatchOptions) {
  const sought = new Map<string, SoughtMovie>()
  let count = 0
  for await (const batch of inParts(batches, Number.POSITIVE_INFINITY, signal)) {
    for (const { outcome } of batch) {
      if (outcome.kind !== 'item') continue
      const key = keyOf(outcome.item)
      if (!sought.has(key)) sought.set(key, outcome.item)
    }
    if (sought.size > recordsMax) {
      throw new Error(`the file has more than ${formatCount(recordsMax)} records: split it`)
    }
    count += batch.length
    onProgress(count)
  }
  return sought
}

function toRecordMatch(match: Match): RecordMatch {
  if (match.kind !== 'matched') return match
  return { kind: 'matched', record: { recordType: 'movie', recordId: match.movieId } }
}

/** Makes ambiguous what several records of the export have matched. */
function withoutShared(found: ReadonlyMap<string, RecordMatch>): Map<string, RecordMatch> {
  const keyOfMatch = ([key, match]: readonly [string, RecordMatch]) =>
    match.kind === 'matched' ? `${match.record.recordType} ${match.record.recordId}` : `? ${key}`
  const groups = Map.groupBy(found, keyOfMatch)
  return new Map(
    [...found].map(([key, match]) => {
      const group = groups.get(keyOfMatch([key, match])) ?? []
      if (match.kind !== 'matched' || group.length === 1) return [key, match]
      const other = group.find(([each]) => each !== key)?.[0].replace(/^movie /, '')
      const reason = `its movie is ${match.record.recordId}, which is also that of ${other}`
      return [key, { kind: 'ambiguous', reason }]
    }),
  )
}
