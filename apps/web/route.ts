import { type ListView, parseListView } from './list/list-view.ts'
import { type OwnSort, parseOwnSort } from './me/own-sort.ts'

/** A page and what it shows, read from the URL. */
export type Route =
  | { readonly page: 'list'; readonly view: ListView }
  | { readonly page: 'me'; readonly sort: OwnSort }
  | { readonly page: 'movie'; readonly movieId: string }
  | { readonly page: 'system' }
  | { readonly page: 'try'; readonly service?: string; readonly method?: string }
  | { readonly page: 'not-found' }

/** Parses `pathname` and `search` of a `Location`. A path that cannot be decoded is not found. */
export function parseRoute(path: string, search = ''): Route {
  const parts = decodeParts(path)
  if (!parts) return { page: 'not-found' }
  const [first, second, third] = parts
  if (parts.length === 0) {
    return { page: 'list', view: parseListView(new URLSearchParams(search)) }
  }
  if (first === 'me' && parts.length === 1) {
    return { page: 'me', sort: parseOwnSort(new URLSearchParams(search)) }
  }
  if (first === 'movies' && second && parts.length === 2) return { page: 'movie', movieId: second }
  if (first === 'system' && parts.length === 1) return { page: 'system' }
  if (first !== 'try' || parts.length > 3) return { page: 'not-found' }
  return {
    page: 'try',
    ...(second === undefined ? {} : { service: second }),
    ...(third === undefined ? {} : { method: third }),
  }
}

export function moviePath(movieId: string): string {
  return `/movies/${encodeURIComponent(movieId)}`
}

function decodeParts(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch {
    return undefined
  }
}
