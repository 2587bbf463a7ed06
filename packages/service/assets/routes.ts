import type { Environment } from '@marquee/connect-hono/call'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Context, Hono } from 'hono'
import { refuseMethod } from '../rest/rest.ts'
import { acceptedEncoding } from './accept-encoding.ts'
import type { Asset, BuiltPage } from './load.ts'
import { pagePolicy } from './page-policy.ts'

export interface PageRoutesOptions {
  /** Undefined while there is none: then its routes answer 503. */
  readonly page: BuiltPage | undefined
  /** The paths that are answered with the page itself, as Hono's routes: `/movies/:id`. */
  readonly paths: readonly string[]
  /** Other origins that the page's scripts may call. */
  readonly callOrigins?: readonly string[]
  /** What to do when there is no page, for people. */
  readonly advice: string
}

/** What has a hash of its content in its name is never asked for again. */
const forEver = 'public, max-age=31536000, immutable'

/**
 * Serves a page: `index.html` for each of its paths, which caches have to ask for again (the app answers 304), and the
 * files under `/assets/`, which are kept for ever. All are in memory, compressed as the client takes them.
 */
export function addPageRoutes(app: Hono<Environment>, options: PageRoutesOptions): void {
  const { page, paths, callOrigins, advice } = options
  const policy = pagePolicy(callOrigins)
  const refuse = refuseMethod('GET, HEAD')

  function answerIndex(c: Context<Environment>): Response {
    if (page === undefined) return c.text(`the page is not built: ${advice}\n`, 503)
    const { index } = page
    return send(c, index, ['etag', `W/"${index.version}"`, 'cache-control', 'no-cache', ...policy])
  }
  for (const path of paths) {
    app.get(path, answerIndex)
    app.all(path, refuse)
  }

  app.get('/assets/*', (c) => {
    const asset = page?.assets.get(c.req.path)
    if (asset === undefined) return c.notFound()
    return send(c, asset, ['cache-control', forEver, ...policy])
  })
  app.all('/assets/*', refuse)
}

function send(c: Context<Environment>, asset: Asset, fields: string[]): Response {
  const { bytes, encoding } = choose(asset, c.req.header('accept-encoding'))
  fields.push('content-type', asset.contentType, 'content-length', `${bytes.length}`)
  fields.push('vary', 'accept-encoding')
  if (encoding !== undefined) fields.push('content-encoding', encoding)
  return incomingOf(c).respond(bytes, 200, fields)
}

function choose({ bytes, packed }: Asset, accepted: string | undefined) {
  const encodings = packed.map(({ encoding }) => encoding)
  const chosen = acceptedEncoding(accepted, encodings)
  const found = packed.find(({ encoding }) => encoding === chosen)
  return found ?? { bytes, encoding: undefined }
}
