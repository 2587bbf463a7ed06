import { readFile } from 'node:fs/promises'
import { type CatalogueMovie, type Outcome, refused } from './outcome.ts'

/**
 * Latest year in the dataset. It was made in 2010, has two movies planned for 2011, and comes from
 * dates with two-digit years, so that 1915 to 1946 are a century too late.
 */
const yearMax = 2011

/** All Latin-1 letters of the dataset that were decoded as Mac Roman: "LÈon" is "Léon". */
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
 * Reads the demo catalogue: `data/movies.json` of the npm package vega-datasets, 3,201 movies.
 * Needs no network.
 */
export async function* readVegaMovies(): AsyncGenerator<CatalogueMovie> {
  const toMovie = createVegaMapping()
  for (const element of JSON.parse(await readFile(vegaMoviesUrl(), 'utf8')) as unknown[]) {
    const outcome = toMovie(element)
    if (outcome.kind === 'item') yield outcome.item
  }
}

/** Returns the location of the file in the installed package, whose `exports` do not include it. */
export function vegaMoviesUrl(): URL {
  return new URL('../data/movies.json', import.meta.resolve('vega-datasets'))
}

/**
 * Returns a function that maps the elements of a file in their order. The dataset has no ids, so a
 * movie's id is made from its title and year ("leon-1994"). When the id is already used, "-2", "-3"
 * and so on is appended.
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
 * Returns the title. The dataset has a number for the movie "1776", and `null` for the movie
 * "Unknown" of 2006.
 */
function titleOf({ Title: title, 'Release Date': date }: Record<string, unknown>): string {
  return title === null && date === 'Nov 03 2006' ? 'Unknown' : text(title)
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return ''
  return value.replaceAll(/[^\p{ASCII}]/gu, (letter) => misread.get(letter) ?? letter).trim()
}

/** Converts "Jun 12 1998" to "1998-06-12". Returns "" for any other format. */
function dateOf(value: unknown): string {
  const [, monthName = '', day, year] = /^([A-Z][a-z]{2}) (\d{2}) (\d{4})$/.exec(text(value)) ?? []
  const month = months.indexOf(monthName) + 1
  if (month === 0) return ''
  const correctedYear = Number(year) > yearMax ? Number(year) - 100 : Number(year)
  return `${correctedYear}-${String(month).padStart(2, '0')}-${day}`
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
