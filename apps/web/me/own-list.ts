import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Metadata } from '@marquee/client/metadata'
import type { RpcError } from '@marquee/client/result'
import { recordType } from '../catalogue/movie.ts'
import type { Clients } from '../clients.ts'
import { isValue, type Value } from '../rating/own-rating.ts'
import type { OwnRatings } from '../rating/own-ratings.ts'
import type { OwnSort } from './own-sort.ts'

/** A rating by this person. */
export interface OwnEntry {
  readonly movie: Metadata
  readonly value: Value
  /** Undefined when only this browser has it, which keeps no times. */
  readonly ratedOn: Date | undefined
}

interface Parts {
  readonly clients: Pick<Clients, 'movie' | 'rating'>
  readonly ownRatings: Pick<OwnRatings, 'ready' | 'owner' | 'saved' | 'mark' | 'load'>
}

export type OwnList =
  | {
      readonly entries: readonly OwnEntry[]
      /** True when the person has more ratings than the page shows. */
      readonly isCut: boolean
      /** Why these are only the ratings that this browser has saved. */
      readonly error?: RpcError
    }
  | { readonly failed: RpcError }

/** Maximum number of pages that are read, of as many ratings as a page may have. */
const pageCountMax = 10
const pageSize = 500

type Rated = readonly { readonly id: string; readonly value: Value; readonly ratedOn?: Date }[]

/** Loads all ratings of the person, or those of this browser while the service has none to give. */
export async function loadOwnList(parts: Parts): Promise<OwnList> {
  await parts.ownRatings.ready
  const mark = parts.ownRatings.mark()
  const listed = await listRatings(parts)
  const saved = [...parts.ownRatings.saved()].map(([id, value]) => ({ id, value })).toReversed()
  const rated: Rated = listed.ok ? listed.rated : saved
  const movies = await readMovies(parts, rated)
  if (!(movies instanceof Map)) return { failed: movies }
  const entries = rated.flatMap(({ id, value, ratedOn }) => {
    const movie = movies.get(id)
    return movie ? [{ movie, value, ratedOn }] : []
  })
  if (!listed.ok) return { entries, isCut: false, error: listed.error }
  const loaded = new Map(rated.map(({ id, value }) => [id, value] as const).toReversed())
  parts.ownRatings.load(loaded, mark)
  return { entries, isCut: listed.isCut }
}

async function listRatings({ clients, ownRatings }: Parts) {
  const rating = await clients.rating()
  const rated: { id: string; value: Value; ratedOn?: Date }[] = []
  const { userId } = ownRatings.owner()
  const of = userId === '' ? {} : { of: { case: 'userId' as const, value: userId } }
  let pageToken = ''
  for (let count = 0; count < pageCountMax; count++) {
    const page = await rating.ratings.listRatings({ ...of, pageSize, pageToken })
    if (!page.ok) return { ok: false as const, error: page.error }
    for (const { recordType: type, recordId: id, value, updateTime } of page.value.ratings) {
      if (type !== recordType || !isValue(value)) continue
      rated.push({ id, value, ...(updateTime && { ratedOn: timestampDate(updateTime) }) })
    }
    pageToken = page.value.nextPageToken
    if (pageToken === '') break
  }
  return { ok: true as const, rated, isCut: pageToken !== '' }
}

async function readMovies(
  { clients }: Parts,
  rated: Rated,
): Promise<Map<string, Metadata> | RpcError> {
  const movies = new Map<string, Metadata>()
  for (let start = 0; start < rated.length; start += pageSize) {
    const movieIds = rated.slice(start, start + pageSize).map(({ id }) => id)
    const batch = await clients.movie.metadata.batchGetMetadata({ movieIds })
    if (!batch.ok) return batch.error
    for (const movie of batch.value.metadata) movies.set(movie.id, movie)
  }
  return movies
}

const collator = new Intl.Collator('en', { numeric: true })

export function sortEntries(entries: readonly OwnEntry[], sort: OwnSort): OwnEntry[] {
  const byTitle = (one: OwnEntry, other: OwnEntry) =>
    collator.compare(one.movie.title, other.movie.title)
  switch (sort) {
    case 'time':
      return entries.toSorted(
        (one, other) => (other.ratedOn?.getTime() ?? 0) - (one.ratedOn?.getTime() ?? 0),
      )
    case 'value':
      return entries.toSorted((one, other) => other.value - one.value || byTitle(one, other))
    case 'title':
      return entries.toSorted(byTitle)
  }
}

/** The ratings as a file for the person to keep. */
export function exportText(entries: readonly OwnEntry[]): string {
  const ratings = entries.map(({ movie: { id, title, year }, value, ratedOn }) => ({
    movieId: id,
    title,
    year,
    value,
    ratedOn: ratedOn?.toISOString(),
  }))
  return `${JSON.stringify(ratings, undefined, 2)}\n`
}
