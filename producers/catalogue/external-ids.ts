import {
  type ExternalIds,
  type ExternalSource,
  externalSources,
} from '../../services/metadata/metadata.ts'

/** Forms of the ids at each source, as in metadata.proto. */
const patterns: Readonly<Record<ExternalSource, RegExp>> = {
  imdb: /^tt\d{7,10}$/,
  tmdb: /^[1-9]\d{0,9}$/,
  letterboxd: /^https:\/\/(boxd\.it|letterboxd\.com\/film)\/[A-Za-z0-9-]{1,96}\/?$/,
  trakt: /^[1-9]\d{0,9}$/,
  movielens: /^[1-9]\d{0,9}$/,
}

/**
 * Returns the ids that have the form of their source, as texts. Omits all others, because an id in
 * another form identifies nothing.
 */
export function externalIds(
  ids: {
    readonly [Source in ExternalSource]?: unknown
  },
): ExternalIds {
  const known = externalSources.flatMap((source) => {
    const id = ids[source]
    const text = typeof id === 'number' || typeof id === 'string' ? String(id).trim() : ''
    return patterns[source].test(text) ? [[source, text]] : []
  })
  return Object.fromEntries(known)
}

/** Returns the id at IMDb of MovieLens' number, which has no "tt": tt0114709 for "0114709". */
export function imdbIdOfNumber(number: string): string {
  const isId = /^\d{7,10}$/.test(number) || (/^\d{1,6}$/.test(number) && Number(number) > 0)
  return isId ? `tt${number.padStart(7, '0')}` : ''
}
