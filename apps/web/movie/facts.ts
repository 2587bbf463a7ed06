import type { Movie } from '../catalogue/movie.ts'

const dayFormat = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
const monthFormat = new Intl.DateTimeFormat('en', {
  year: 'numeric',
  month: 'long',
  timeZone: 'UTC',
})
const votesFormat = new Intl.NumberFormat('en', { notation: 'compact' })
const timeFormat = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' })

const sourceNames = {
  imdb: 'IMDb',
  tmdb: 'TMDB',
  letterboxd: 'Letterboxd',
  trakt: 'Trakt',
  movielens: 'MovieLens',
} as const

/** `IMDb tt0133093, TMDB 603`: the movie's ids at other sources. */
export function externalIdsText(
  ids: Readonly<Partial<Record<keyof typeof sourceNames, string>>>,
): string {
  const sources = Object.keys(sourceNames) as (keyof typeof sourceNames)[]
  const known = sources.filter((source) => ids[source])
  return known.map((source) => `${sourceNames[source]} ${ids[source]}`).join(', ')
}

/**
 * `8.7/10 (381K votes, 2010 snapshot)`.
 * @param year Year of the catalogue's data. Undefined for data that is kept current.
 */
export function imdbText(
  rating: number,
  votes: number | undefined,
  year: number | undefined,
): string {
  const facts = [
    ...(votes ? [`${votesFormat.format(votes)} votes`] : []),
    ...(year === undefined ? [] : [`${year} snapshot`]),
  ]
  return `${rating.toFixed(1)}/10${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`
}

/** The release date, as exact as the catalogue has it: a year, a month or a day. */
export function releaseText({
  releaseDate,
  year,
}: Pick<Movie, 'releaseDate' | 'year'>): string | undefined {
  const date = new Date(releaseDate)
  if (!releaseDate || Number.isNaN(date.getTime())) return year?.toString()
  if (releaseDate.length === 4) return releaseDate
  return (releaseDate.length === 7 ? monthFormat : dayFormat).format(date)
}

/** `2 h 16 min`. */
export function durationText(minutes: number): string {
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  return [hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : ''].filter(Boolean).join(' ')
}

/** A time in the person's own time zone: `November 29, 2026 at 10:01 PM`. */
export function timeText(time: Date): string {
  return timeFormat.format(time)
}
