import { setTimeout as delay } from 'node:timers/promises'
import {
  type CatalogueQuery,
  createCatalogue,
} from '../../services/metadata/catalogue/catalogue.ts'
import { parseFilter } from '../../services/metadata/catalogue/filter.ts'
import { parseOrder } from '../../services/metadata/catalogue/order.ts'
import { createSlices } from '../../services/metadata/catalogue/slices.ts'
import { createSeededRandom } from '../../test/faults/seeded-random.ts'
import { type Bench, ownName } from '../bench.ts'
import { watchTurns } from '../turns.ts'

const name = 'lists'
const movieCount = 1_000_000
/** Number of times that each list is read in a round. */
const listCount = 100
const pageSize = 50
/**
 * Pause after a list, as a share of its time. Linux stops a busy program with a real-time priority
 * for 50 ms a second.
 */
const restShare = 0.25

/** Lists that the page reads, and the slowest ones. */
const lists = {
  title: {},
  'title-facets': { hasFacets: true },
  'title-from-letter': { filter: 'title >= "M"' },
  'top-rated': { filter: 'rating.count >= 1', orderBy: 'rating.bayesian_score desc' },
  'top-rated-filtered': {
    filter: 'rating.count >= 1 && "Drama" in genres && year >= 1990 && year < 2000',
    orderBy: 'rating.bayesian_score desc',
    hasFacets: true,
  },
  'mean-by-votes': { filter: 'rating.mean >= 4', orderBy: 'imdb_votes desc' },
  'most-rated': { orderBy: 'rating.count desc' },
  newest: { orderBy: 'year desc, title', hasFacets: true },
  search: { query: 'night river' },
  'search-top-rated': { query: 'night', orderBy: 'rating.bayesian_score desc', hasFacets: true },
  'search-misspelt': { query: 'nihgt rvier' },
} satisfies Record<string, Given>

interface Given {
  readonly query?: string
  readonly filter?: string
  readonly orderBy?: string
  readonly hasFacets?: boolean
}

/**
 * Measures lists of a catalogue of a million movies, a half of them rated, while ratings change: the
 * time of a list, and the longest turn of the event loop meanwhile.
 */
export async function measureLists(bench: Bench): Promise<void> {
  bench.log(`${name}: reads ${movieCount} movies`)
  const catalogue = createRandomCatalogue()
  const slices = createSlices()
  for (let round = 1; round <= bench.rounds; round++) {
    bench.log(`${name}: round ${round} of ${bench.rounds}`)
    for (const [list, given] of Object.entries<Given>(lists)) {
      const query = await toQuery(given)
      const timesMs: number[] = []
      let longestTurnMs = 0
      for (let n = 0; n < listCount; n++) {
        const turns = watchTurns(() => catalogue.rate(anyId(), anyRating()))
        const startMs = performance.now()
        await catalogue.list(query, () => slices.next())
        const timeMs = performance.now() - startMs
        timesMs.push(timeMs)
        longestTurnMs = Math.max(longestTurnMs, await turns.stop())
        await delay(timeMs * restShare)
      }
      timesMs.sort((a, b) => a - b)
      const at = (share: number) => timesMs[Math.ceil(share * listCount) - 1] ?? Number.NaN
      const report = (metric: string, value: number) =>
        bench.report({ case: `${name}-${list}`, peer: ownName, metric, unit: 'ms', value })
      report('p50_ms', at(0.5))
      report('p99_ms', at(0.99))
      report('longest_turn_ms', longestTurnMs)
    }
  }
}

async function toQuery(given: Given): Promise<CatalogueQuery> {
  const { query = '', filter = '', orderBy = '', hasFacets = false } = given
  return {
    ...{ query, hasFacets, after: undefined, limit: pageSize },
    filter: filter === '' ? undefined : await parseFilter(filter),
    order: parseOrder(orderBy, query !== ''),
  }
}

const random = createSeededRandom(1)
const words = 'night river star road king lost house dark city blue last stone winter girl'.split(
  ' ',
)
const genres = ['Drama', 'Comedy', 'Action', 'Horror', 'Romance', 'Thriller', 'Documentary', 'War']
const anyOf = (values: readonly string[]) => values[random.integer(0, values.length - 1)] ?? ''
const anyId = () => `movie-${random.integer(0, movieCount - 1)}`

function anyRating() {
  const mean = random.integer(10, 50) / 10
  return { count: random.integer(1, 10_000), mean, score: (mean + 2.75) / 2 }
}

function createRandomCatalogue() {
  const catalogue = createCatalogue()
  for (let n = 0; n < movieCount; n++) {
    catalogue.put({
      ...{ id: `movie-${n}`, description: '', releaseDate: '' },
      title: `${anyOf(words)} ${anyOf(words)} ${random.integer(1, 99_999)}`,
      director: `${anyOf(words)} ${random.integer(1, 50_000)}`,
      genres: [...new Set([anyOf(genres), anyOf(genres)])],
      year: random.integer(1900, 2026),
      runningTimeMinutes: random.integer(60, 200),
      imdbVotes: random.integer(0, 2_000_000),
    })
    if (n % 2 === 0) catalogue.rate(`movie-${n}`, anyRating())
  }
  return catalogue
}
