import type { Scale } from '../../services/rating/scale.ts'
import { type CatalogueRating, type Outcome, refused, timestampOf } from '../catalogue/outcome.ts'
import { callSizeMax, type ImportResponse, type PlacedItem, sendItems } from '../import.ts'
import { inParts } from '../input.ts'
import type { Placed } from '../placed.ts'
import type { Summary } from '../summary.ts'
import { convertValue } from './convert-value.ts'
import type { ExportedRating } from './exported-rating.ts'
import { nameOf, withoutEqual } from './find-movies.ts'
import { keyOf, type RecordMatch } from './match-records.ts'

export interface ImportUsersOptions {
  readonly batches: AsyncIterable<readonly Placed<ExportedRating>[]>
  readonly matches: ReadonlyMap<string, RecordMatch>
  /** User whose ratings are imported. `undefined` for all users. */
  readonly userId: string | undefined
  /** Returns the scale of a record type in the service, given one of its records. */
  scaleOf(recordType: string, recordId: string): Promise<Scale>
  send(ratings: readonly CatalogueRating[]): Promise<ImportResponse>
  /** Counts what is `read`, `imported`, `unmatched`, `ambiguous` and `refused`. */
  readonly summary: Summary
  onProgress(): void
  readonly signal: AbortSignal
}

/** Imports the ratings of an export of several users, whose records have been matched. */
export async function importUsers(options: ImportUsersOptions): Promise<void> {
  const { batches, signal, summary } = options
  for await (const part of inParts(batches, callSizeMax, signal)) {
    const items: PlacedItem<CatalogueRating>[] = []
    for (const { where, outcome } of part) {
      if (outcome.kind === 'item' && isOther(outcome.item, options)) continue
      summary.count('read')
      const found = outcome.kind === 'item' ? await toRating(where, outcome.item, options) : outcome
      if (found.kind === 'item') items.push({ where, item: found.item })
      else if (found.kind === 'refused') summary.refuse(where, found.reason)
    }
    const { created, replaced } = await sendItems(items, options.send, summary)
    summary.count('imported', created + replaced)
    options.onProgress()
  }
}

function isOther(rating: ExportedRating, { userId }: ImportUsersOptions): boolean {
  return userId !== undefined && rating.userId !== userId
}

/** Returns the rating to import. Reports one without a record, which is then skipped. */
async function toRating(
  where: string,
  rating: ExportedRating,
  { matches, scaleOf, summary }: ImportUsersOptions,
): Promise<Outcome<CatalogueRating>> {
  const match = matches.get(keyOf(rating))
  if (match === undefined) return refused('it is not in the file as it was read first')
  if (match.kind !== 'matched') {
    summary.report(match.kind, where, `${nameOf(rating)}: ${match.reason}`)
    return { kind: 'skipped' }
  }
  const { recordType, recordId } = match.record
  const to = await scaleOf(recordType, recordId)
  const value = convertValue(rating.value, rating.scale, to)
  if (value === undefined) return refused(`${nameOf(rating)}: ${withoutEqual(rating, to)}`)
  const { userId = '', timeMs } = rating
  const ratedTime = timestampOf(timeMs)
  return { kind: 'item', item: { recordType, recordId, userId, value, ratedTime } }
}
