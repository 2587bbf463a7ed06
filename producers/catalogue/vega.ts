import { readFile } from 'node:fs/promises'
import { type CatalogueMovie, type Outcome, refused } from './outcome.ts'

/**
 * The dataset is of 2010, with two releases planned for 2011, and was made from dates with two
 * digits for the year: 1915 to 1946 came out a century late.
 */
const yearMax = 2011

/**
 * Letters of Latin-1 that were read as Mac Roman: "LÈon" was "Léon". These are all there are in the
 * dataset.
 */
const misread = new Map(
  Object.entries({
    È: 'é',
    Í: 'ê',
    Ë: 'è',
    '·': 'á',
    '‡': 'à',
    '‰': 'ä',
    Î: 'ë',
    Û: 'ó',
    Ù: 'ô',
    '˘': 'ù',
    Ω: '½',
    Ö: '…',
  }),
)

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/**
 * The demo catalogue: `data/movies.json` of the npm package vega-datasets, 3,201 movies. Needs no
 * network.
 */
export async function* readVegaMovies(): AsyncGenerator<CatalogueMovie> {
  const toMovie = createVegaMapping()
  for (const element of JSON.parse(await readFile(vegaMoviesUrl(), 'utf8')) as unknown[]) {
    const outcome = toMovie(element)
    if (outcome.kind === 'item') yield outcome.item
  }
}

/** Where the installed package keeps the file; its `exports` do not name it. */
export function vegaMoviesUrl(): URL {
  return new URL('../data/movies.json', import.meta.resolve('vega-datasets'))
}

/**
 * Maps the elements of a file, in its order. The dataset has no ids: a movie's id is its title in
 * lower case with hyphens, and its year ("leon-1994"); what would have the id of an earlier element
 * gets "-2", "-3" and so on.
 */
export function createVegaMapping(): (element: unknown) => Outcome<CatalogueMovie> {
  const timesTaken = new Map<string, number>()
  const unique = (id: string): string => {
    const times = (timesTaken.get(id) ?? 0) + 1
    timesTaken.set(id, times)
    return times === 1 ? id : unique(`${id}-${times}`)
  }
  return (element) => {
    if (typeof element !== 'object' || element === null) return refused('it is not a JSON object')
    const fields = element as Record<string, unknown>
    const title = titleOf(fields)
    if (title === '') return refused('it has no Title')
    const releaseDate = dateOf(fields['Release Date'])
    const year = releaseDate === '' ? {} : { year: Number(releaseDate.slice(0, 4)) }
    return {
      kind: 'item',
      item: {
        id: unique([slug(title) || 'untitled', ...Object.values(year)].join('-')),
        title,
        description: '',
        director: text(fields.Director),
        releaseDate,
        ...year,
        genres: text(fields['Major Genre']).split('/').filter(Boolean),
        ...optionalNumber('runningTimeMinutes', fields['Running Time min']),
        ...optionalNumber('imdbRating', fields['IMDB Rating']),
        ...optionalNumber('imdbVotes', fields['IMDB Votes']),
      },
    }
  }
}

/**
 * A title that looks like a number (1776) or like nothing (the movie "Unknown" of 2006) was stored
 * as such.
 */
function titleOf({ Title: title, 'Release Date': date }: Record<string, unknown>): string {
  return title === null && date === 'Nov 03 2006' ? 'Unknown' : text(title)
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return ''
  return value.replaceAll(/[^\p{ASCII}]/gu, (letter) => misread.get(letter) ?? letter).trim()
}

/** "Jun 12 1998" → "1998-06-12"; what has another shape is unknown: "". */
function dateOf(value: unknown): string {
  const [, monthName = '', day, year] = /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(text(value)) ?? []
  const month = months.indexOf(monthName) + 1
  if (month === 0) return ''
  const trueYear = Number(year) > yearMax ? Number(year) - 100 : Number(year)
  return `${trueYear}-${String(month).padStart(2, '0')}-${day}`
}

function optionalNumber<Name extends string>(name: Name, value: unknown) {
  return (typeof value === 'number' ? { [name]: value } : {}) as { [name in Name]?: number }
}

function slug(title: string): string {
  const plain = title.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 100)
    .replaceAll(/^-|-$/g, '')
}
