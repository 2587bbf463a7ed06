/** Maximum length of a path to return to. */
const pathCharsMax = 2_000

/**
 * Returns whether a request that a browser authenticates by its cookie comes from a page of this
 * origin, or is a person's own navigation. Pages of other origins may send requests with the cookie
 * (https://www.w3.org/TR/fetch-metadata/).
 */
export function isSameOrigin(method: string, headers: Headers, origin: string): boolean {
  const site = headers.get('sec-fetch-site')
  if (site === null) return headers.get('origin') === origin
  if (site === 'same-origin') return true
  return method === 'GET' && headers.get('sec-fetch-mode') === 'navigate'
}

/**
 * Returns the URL of a path of this origin, or `undefined` for a text that leads elsewhere. Sign-in
 * itself is no page to return to.
 */
export function returnUrl(path: string, origin: string): string | undefined {
  const url = path.startsWith('/') && path.length <= pathCharsMax && URL.parse(path, origin)
  if (!url || url.origin !== origin || url.pathname.startsWith('/auth/')) return undefined
  return url.href
}
