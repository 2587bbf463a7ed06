import { setTimeout as delay } from 'node:timers/promises'
import type { Catalogue } from '../../services/metadata/catalogue/catalogue.ts'
import { parseFilter } from '../../services/metadata/catalogue/filter.ts'
import { parseOrder } from '../../services/metadata/catalogue/order.ts'
import type { CatalogueQuery } from '../../services/metadata/catalogue/query.ts'
import { createSlices } from '../../services/metadata/catalogue/slices.ts'
import { createSeededRandom } from '../../test/faults/seeded-random.ts'
import { type Bench, ownName } from '../bench.ts'
import {
  commonWords,
  createRandomCatalogue,
  randomMovie,
  randomRating,
} from '../random-catalogue.ts'
import { watchTurns } from '../turns.ts'

const name = 'lists'
const movieCount = 1_000_000
/** Number of rated movies in the period of `week`. */
const weekCount = 100_000
/** Number of times that each list is read in a round. */
const listCount = 100
const pageSize = 50
/**
 * Pause after a list, as a share of its time. Linux stops a busy program with a real-time priority
 * for 50 ms a second.
 */
const restShare = 0.25

/** The longest filter: 32 parts of titles that few titles have, whose characters most of them have. */
const partsOfTitles = [...'ilacnsre'].flatMap((last) =>
  [...'etao'].map((first) => `${last} ${first}`),
)

/** Lists that the page reads, and the slowest ones. */
const lists = {
  title: {},
  'title-after-put': { hasPut: true },
  'title-facets': { hasFacets: true },
  'title-from-letter': { filter: 'title >= "M"' },
  'top-rated': { filter: 'rating.count >= 1', orderBy: 'rating.bayesian_score desc' },
  'top-rated-filtered': {
    filter: 'rating.count >= 1 && "Drama" in genres && year >= 1990 && year < 2000',
    orderBy: 'rating.bayesian_score desc',
    hasFacets: true,
  },
  'top-rated-of-week': { orderBy: 'rating.bayesian_score desc', isOfWeek: true },
  'mean-by-votes': { filter: 'rating.mean >= 4', orderBy: 'imdb_votes desc' },
  'most-rated': { orderBy: 'rating.count desc' },
  newest: { orderBy: 'year desc, title', hasFacets: true },
  'newest-after-put': { orderBy: 'year desc, title', hasPut: true },
  'newest-next': { orderBy: 'year desc, title', isNextPage: true },
  'part-of-title': { filter: 'title.contains("zz") || director.endsWith("on")' },
  'parts-of-title': {
    filter: partsOfTitles.map((part) => `title.contains("${part}")`).join(' || '),
  },
  search: { query: 'night river' },
  'search-top-rated': { query: 'night', orderBy: 'rating.bayesian_score desc', hasFacets: true },
  'search-year': { query: 'night river 1994' },
  'search-letter': { query: 's' },
  'search-letters': { query: 's r l k b d n c g m t v q w' },
  'search-common-words': { query: commonWords.join(' ') },
  'search-misspelt': { query: 'nihgt rvier' },
  'search-long-misspelt': { query: 'moritakalne kamorbieltu' },
  'search-unknown-words': {
    query: Array.from({ length: 32 }, (_, n) => `mortia${n}kab`).join(' '),
  },
} satisfies Record<string, Given>

interface Given {
  readonly query?: string
  readonly filter?: string
  readonly orderBy?: string
  readonly hasFacets?: boolean
  /** True for the page after the first one. */
  readonly isNextPage?: boolean
  /** True for a list by the ratings of a week. */
  readonly isOfWeek?: boolean
  /** True when a movie is put again before each list. */
  readonly hasPut?: boolean
}

const random = createSeededRandom(2)
const anyNumber = () => random.integer(0, movieCount - 1)

/**
 * Measures lists of a catalogue of a million movies, a half of them rated, while ratings change: the
 * time of a list, and the longest turn of the event loop meanwhile.
 */
export async function measureLists(bench: Bench): Promise<void> {
  bench.log(`${name}: reads ${movieCount} movies`)
  const catalogue = createRandomCatalogue(movieCount)
  const ratings = new Map(
    Array.from({ length: weekCount }, () => [`movie-${anyNumber()}`, randomRating()]),
  )
  // The service prepares the ratings of a period as soon as it has them.
  const slices = createSlices()
  await catalogue.prepare(ratings, () => slices.next())
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    for (const [list, given] of Object.entries<Given>(lists)) {
      const query = await toQuery(given, catalogue)
      const read = { ...query, ratings: given.isOfWeek ? ratings : undefined }
      const { timesMs, longestTurnMs } = await measureList(catalogue, read, given)
      const at = (share: number) => timesMs[Math.ceil(share * listCount) - 1] ?? Number.NaN
      const report = (metric: string, value: number) =>
        bench.report({ case: `${name}-${list}`, peer: ownName, metric, unit: 'ms', value })
      report('p50_ms', at(0.5))
      report('p99_ms', at(0.99))
      report('longest_turn_ms', longestTurnMs)
    }
  }
}

/** Reads a list often. Returns the times, the shortest first. */
async function measureList(catalogue: Catalogue, query: CatalogueQuery, { hasPut }: Given) {
  const slices = createSlices()
  const timesMs: number[] = []
  let longestTurnMs = 0
  for (let n = 0; n < listCount; n++) {
    if (hasPut) catalogue.put(randomMovie(anyNumber()))
    const turns = watchTurns(() => catalogue.rate(`movie-${anyNumber()}`, randomRating()))
    const startMs = performance.now()
    await catalogue.list(query, () => slices.next())
    const timeMs = performance.now() - startMs
    timesMs.push(timeMs)
    longestTurnMs = Math.max(longestTurnMs, await turns.stop())
    await delay(timeMs * restShare)
  }
  return { timesMs: timesMs.sort((a, b) => a - b), longestTurnMs }
}

async function toQuery(given: Given, catalogue: Catalogue): Promise<CatalogueQuery> {
  const { query = '', filter = '', orderBy = '', hasFacets = false, isNextPage } = given
  const first = {
    ...{ query, hasFacets, after: undefined, limit: pageSize },
    filter: filter === '' ? undefined : await parseFilter(filter),
    order: parseOrder(orderBy, query !== ''),
  }
  if (!isNextPage) return first
  const { movies } = await catalogue.list(first, async () => {})
  return { ...first, after: movies.at(-1)?.position }
}
