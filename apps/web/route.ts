/** A page and what it shows, read from the URL. */
export type Route =
  | { readonly page: 'list'; readonly query: string; readonly order: ListOrder }
  | { readonly page: 'movie'; readonly movieId: string }
  | { readonly page: 'system' }
  | { readonly page: 'try'; readonly service?: string; readonly method?: string }
  | { readonly page: 'not-found' }

/** Order of the list: `top` is by rating, `title` from A to Z. */
export type ListOrder = 'top' | 'title'

/** Parses `pathname` and `search` of a `Location`. A path that cannot be decoded is not found. */
export function parseRoute(path: string, search = ''): Route {
  const parts = decodeParts(path)
  if (!parts) return { page: 'not-found' }
  const [first, second, third] = parts
  if (parts.length === 0) return parseList(new URLSearchParams(search))
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

/** The path of the list, without what is the default. */
export function listPath(query: string, order: ListOrder): string {
  const search = new URLSearchParams()
  if (query) search.set('q', query)
  if (order === 'title') search.set('order', order)
  return search.size > 0 ? `/?${search}` : '/'
}

function parseList(search: URLSearchParams): Route {
  const order = search.get('order') === 'title' ? 'title' : 'top'
  return { page: 'list', query: (search.get('q') ?? '').slice(0, 200), order }
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
