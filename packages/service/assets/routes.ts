import type { Environment } from '@marquee/connect-hono/call'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Context, Hono } from 'hono'
import { refuseMethod } from '../rest/rest.ts'
import { acceptedEncoding } from './accept-encoding.ts'
import { type DocumentHead, withHead, withLinks } from './document.ts'
import type { Asset, BuiltPage, Preloads } from './load.ts'
import { pagePolicy } from './page-policy.ts'

export interface PageRoutesOptions {
  /** `undefined` when the page is not built: its routes then respond 503. */
  readonly page: BuiltPage | undefined
  /** Routes that respond with the index, in Hono's form: `/movies/:id`. */
  readonly paths: readonly string[]
  /**
   * Heads of the index by route. A route without one, or whose function returns `undefined`, has the
   * index as it was built. Default: none.
   */
  readonly heads?: Readonly<Record<string, HeadOf>>
  /**
   * Head of the index with which browsers get a path that is not served, with status 404. Add the
   * page after all other routes. Default: browsers get the error that all clients get.
   */
  readonly notFound?: Omit<DocumentHead, 'status'>
  /** Other HTML files by their route: `{'/docs': 'docs.html'}`. Default: none. */
  readonly others?: Readonly<Record<string, string>>
  /** Other origins that the page's scripts may call. */
  readonly callOrigins?: readonly string[]
  /** Advice for the response when the page is not built. */
  readonly advice: string
}

/** Returns the head of the document that the request gets. */
export type HeadOf = (
  c: Context<Environment>,
) => DocumentHead | undefined | Promise<DocumentHead | undefined>

/** Caches keep assets for a year, because their names contain a hash of their content. */
const immutable = 'public, max-age=31536000, immutable'

/**
 * Serves a page: `index.html` on each of its paths, which caches must revalidate, and the immutable
 * files under `/assets/`. Each response is in the compressed form that the client accepts.
 */
export function addPageRoutes(app: Hono<Environment>, options: PageRoutesOptions): void {
  const { page, paths, heads = {}, others = {}, callOrigins, advice } = options
  const policy = pagePolicy(callOrigins)
  const refuse = refuseMethod('GET, HEAD')

  function sendPage(
    c: Context<Environment>,
    html: Asset,
    head?: DocumentHead,
    preloads?: Preloads,
  ): Response {
    const titled = head ? withHead(html, head) : html
    const document = withLinks(titled, linksOf(c, preloads))
    // A condition applies to what is found (RFC 9110 §13.2.1).
    const etag = head?.status === 404 ? [] : ['etag', `W/"${document.version}"`]
    return send(c, document, [...etag, 'cache-control', 'no-cache', ...policy], head?.status)
  }
  function addPage(path: string, html: Asset | undefined): void {
    app.get(path, async (c) => {
      if (html === undefined) return c.text(`the page is not built: ${advice}\n`, 503)
      return sendPage(c, html, await heads[path]?.(c), page?.preloads.get(path))
    })
    app.all(path, refuse)
  }
  for (const path of paths) addPage(path, page?.index)
  for (const [path, name] of Object.entries(others)) addPage(path, page?.others.get(name))

  app.get('/assets/*', (c) => {
    const asset = page?.assets.get(c.req.path)
    if (asset === undefined) return c.notFound()
    return send(c, asset, ['cache-control', immutable, ...policy])
  })
  app.all('/assets/*', refuse)

  const { notFound } = options
  if (!page || !notFound) return
  app.get('*', async (c, next) => {
    if (!acceptsHtml(c)) return next()
    const response = sendPage(c, page.index, { ...notFound, status: 404 })
    // Other clients get the error.
    response.headers.append('vary', 'accept')
    return response
  })
}

function linksOf(c: Context<Environment>, preloads: Preloads | undefined): readonly string[] {
  if (preloads === undefined) return []
  const hasQuery = new URL(c.req.url).search !== ''
  return hasQuery ? preloads.links : [...preloads.linksWithoutQuery, ...preloads.links]
}

/** Returns whether a browser opens a document. Other clients do not accept HTML by its name. */
function acceptsHtml(c: Context<Environment>): boolean {
  return /\btext\/html\b/i.test(c.req.header('accept') ?? '')
}

function send(
  c: Context<Environment>,
  asset: Asset,
  fields: string[],
  status: DocumentHead['status'] = 200,
): Response {
  c.get('call').isFile = true
  const { bytes, encoding } = choose(asset, c.req.header('accept-encoding'))
  fields.push('content-type', asset.contentType, 'content-length', `${bytes.length}`)
  fields.push('vary', 'accept-encoding')
  if (encoding !== undefined) fields.push('content-encoding', encoding)
  return incomingOf(c).respond(bytes, status, fields)
}

function choose({ bytes, packed }: Asset, accepted: string | undefined) {
  const encodings = packed.map(({ encoding }) => encoding)
  const chosen = acceptedEncoding(accepted, encodings)
  const found = packed.find(({ encoding }) => encoding === chosen)
  return found ?? { bytes, encoding: undefined }
}
