// What a list has to contain, by looking at every movie: for tests.
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import { compareCodePoints } from '@marquee/sql/code-points'
import type { Metadata } from '../../metadata.ts'
import type { MovieRating } from '../../ratings/rated-movies.ts'
import type { NumberName } from '../columns.ts'
import { isNumber, type OrderTerm } from '../order.ts'
import { queryWordsMax, type Tier, tiers } from '../search.ts'
import { compact, wordsOf } from '../words.ts'
import { isNearByHand } from './is-near-by-hand.ts'

export interface ListedByHand {
  readonly query: string
  readonly filter: string
  readonly order: readonly OrderTerm[]
}

/** A movie with its rating, unless nobody has rated it. */
export interface RatedMovie extends Metadata {
  readonly rating?: MovieRating | undefined
}

/** Lists the movies, all in one page. */
export function listByHand(movies: readonly RatedMovie[], list: ListedByHand): RatedMovie[] {
  const order = list.order.length > 0 ? list.order : defaultOrder(list.query)
  const tierOf = tiersOf(movies, list.query)
  const found = movies.filter((movie) => {
    return (list.query === '' || tierOf.has(movie.id)) && passes(movie, list.filter)
  })
  const place = (movie: Metadata) => tiers.indexOf(tierOf.get(movie.id) as Tier)
  return found.sort((a, b) => {
    for (const { by, isDescending } of order) {
      const difference =
        by === 'relevance'
          ? place(a) - place(b) || compareKnown(a.imdbVotes, b.imdbVotes, true)
          : isNumber(by)
            ? compareKnown(numberOf(a, by), numberOf(b, by), isDescending)
            : compareTitles(a, b) * (isDescending ? -1 : 1)
      if (difference !== 0) return difference
    }
    return compareTitles(a, b)
  })
}

function defaultOrder(query: string): OrderTerm[] {
  return [{ by: query === '' ? 'title' : 'relevance', isDescending: false }]
}

function numberOf({ rating, ...movie }: RatedMovie, name: NumberName): number | undefined {
  if (name === 'ratingCount') return rating?.count ?? 0
  if (name === 'ratingMean') return rating?.mean
  if (name === 'ratingScore') return rating?.score
  return movie[name]
}

function compareTitles(a: Metadata, b: Metadata): number {
  return compareCodePoints(a.title, b.title) || compareCodePoints(a.id, b.id)
}

function compareKnown(a: number | undefined, b: number | undefined, isDescending: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return isDescending ? b - a : a - b
}

/** Returns whether the evaluator of CEL finds the filter true. */
function passes(movie: RatedMovie, filter: string): boolean {
  if (filter === '') return true
  const { rating } = movie
  const { id, title, director, genres, year, runningTimeMinutes, imdbRating, imdbVotes } = movie
  const whole = (value: number | undefined) => (value === undefined ? undefined : BigInt(value))
  const known = {
    ...{ id, title, director, genres: [...genres], year: whole(year), imdb_rating: imdbRating },
    ...{ running_time_minutes: whole(runningTimeMinutes), imdb_votes: whole(imdbVotes) },
    rating: {
      count: whole(rating?.count ?? 0),
      ...(rating && { mean: rating.mean, bayesian_score: rating.score }),
    },
  }
  const bindings = Object.entries(known).filter(([, value]) => value !== undefined)
  const result = plan(celEnv(), parse(filter))(Object.fromEntries(bindings) as never)
  return !isCelError(result) && result === true
}

/** Returns the tiers of the movies that match. */
export function tiersOf(movies: readonly Metadata[], query: string): Map<string, Tier> {
  const words = wordsOf(query).inOrder.slice(0, queryWordsMax)
  const found = new Map<string, Tier>()
  for (const movie of movies) {
    const last = words.at(-1) ?? ''
    const namesYear = words.length > 1 && /^[0-9]{4}$/.test(last) && movie.year === Number(last)
    const variants = namesYear ? [words, words.slice(0, -1)] : [words]
    const possible = variants.map((variant) => tierOf(movie, variant))
    const tier = tiers.find((one) => possible.includes(one))
    if (tier !== undefined) found.set(movie.id, tier)
  }
  if (found.size > 0) return found
  for (const movie of words.length > 0 ? movies : []) {
    if (words.every((word) => matchesNearly(movie, word, movies))) found.set(movie.id, 'near')
  }
  return found
}

function tierOf(movie: Metadata, words: readonly string[]): Tier | undefined {
  if (words.length === 0) return undefined
  const title = compact(wordsOf(movie.title).inOrder)
  if (title === compact(words)) return 'exact'
  if (title.startsWith(compact(words))) return 'prefix'
  const begins = (own: readonly string[]) => (word: string) =>
    own.some((each) => each.startsWith(word))
  if (words.every((word) => titleWords(movie).includes(word))) return 'word'
  if (words.every(begins(titleWords(movie)))) return 'wordPrefix'
  if (words.every(begins(directorWords(movie)))) return 'director'
  const names = begins([...titleWords(movie), ...directorWords(movie)])
  const labels = labelWords(movie)
  return words.every((word) => names(word) || labels.includes(word)) ? 'mixed' : undefined
}

function matchesNearly(movie: Metadata, word: string, movies: readonly Metadata[]): boolean {
  const own = [...titleWords(movie), ...directorWords(movie)]
  if (own.some((each) => each.startsWith(word)) || labelWords(movie).includes(word)) return true
  if (own.some((each) => isNearByHand(word, each))) {
    return word.length >= 4
  }
  const known = new Set(movies.flatMap((each) => [...titleWords(each), ...directorWords(each)]))
  return Array.from({ length: word.length - 1 }, (_, index) => index + 1).some((end) => {
    const both = [word.slice(0, end), word.slice(end)]
    return both.every((half) => known.has(half) && own.includes(half))
  })
}

const titleWords = ({ title }: Metadata) => all(title)
const directorWords = ({ director }: Metadata) => all(director)
const labelWords = ({ genres, year }: Metadata) => [...genres.flatMap(all), `${year}`]

function all(text: string): string[] {
  const { inOrder, joined } = wordsOf(text)
  return [...inOrder, ...joined]
}
