import { type Catalogue, createCatalogue } from '../services/metadata/catalogue/catalogue.ts'
import type { Metadata } from '../services/metadata/metadata.ts'
import type { MovieRating } from '../services/metadata/ratings/rated-movies.ts'
import { createSeededRandom } from '../test/faults/seeded-random.ts'

/** Words that every seventh title has. */
export const commonWords =
  'night river star road king lost house dark city blue last stone winter girl'.split(' ')
const syllables = 'ka mo ri ta len sor vi dan qui bel tu ness'.split(' ')
const genres = ['Drama', 'Comedy', 'Action', 'Horror', 'Romance', 'Thriller', 'Documentary', 'War']
/** Number of different words that few titles have. Those with low numbers are more frequent. */
const rareWordCount = 200_000
const directorCount = 50_000

const random = createSeededRandom(1)
const anyOf = (values: readonly string[]) => values[random.integer(0, values.length - 1)] ?? ''

/** Returns a catalogue of which every second movie is rated. */
export function createRandomCatalogue(movieCount: number): Catalogue {
  const catalogue = createCatalogue()
  for (let n = 0; n < movieCount; n++) {
    catalogue.put(randomMovie(n))
    if (n % 2 === 0) catalogue.rate(`movie-${n}`, randomRating())
  }
  return catalogue
}

export function randomMovie(n: number): Metadata {
  const rareWord = wordOf(Math.floor(rareWordCount * (random.integer(0, 9_999) / 10_000) ** 2))
  return {
    ...{ id: `movie-${n}`, description: '', releaseDate: '' },
    title: `${anyOf(commonWords)} ${anyOf(commonWords)} ${rareWord} ${random.integer(1, 99_999)}`,
    director: `${anyOf(commonWords)} ${wordOf(random.integer(1, directorCount))}son`,
    genres: [...new Set([anyOf(genres), anyOf(genres)])],
    year: random.integer(1900, 2026),
    runningTimeMinutes: random.integer(60, 200),
    imdbVotes: random.integer(0, 2_000_000),
  }
}

export function randomRating(): MovieRating {
  const mean = random.integer(10, 50) / 10
  return { count: random.integer(1, 10_000), mean, score: (mean + 2.75) / 2 }
}

/** Returns a word of syllables, another one for each number. */
function wordOf(number: number): string {
  let word = ''
  for (let rest = number + syllables.length; rest > 0; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length]
  }
  return word
}
