import type { HandlerContext } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import { createMiddleware } from 'hono/factory'

/**
 * Tells caches what to do with the response to a GET, unless its handler has: one with an ETag may be kept, one for each
 * encoding, but has to be asked for again; any other, errors among them, must not be kept. One that is about a user, an
 * error included, is for the caches of that user alone (RFC 9111 §5.2.2.7). Answers 304 when `If-None-Match` names the
 * response's ETag (RFC 9110 §13.1.2). A handler sets the ETag from the version of its data.
 */
export const conditionalGet = createMiddleware<Environment>(async (c, next) => {
  await next()
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return
  const etag = c.res.headers.get('etag')
  if (c.get('call').isPrivate) c.res.headers.set('cache-control', 'private, no-cache')
  else if (!c.res.headers.has('cache-control')) {
    c.res.headers.set('cache-control', etag === null ? 'no-store' : 'no-cache')
  }
  if (etag === null) return
  if (!c.res.headers.has('vary')) c.res.headers.set('vary', 'accept-encoding')
  const asked = c.req.header('if-none-match')
  if (asked === undefined || !matches(asked, etag)) return
  const headers = new Headers(c.res.headers)
  headers.delete('content-type')
  headers.delete('content-length')
  c.res = undefined
  c.res = new Response(null, { status: 304, headers })
})

/** Gives the answer to HEAD the length that GET's would have (RFC 9110 §8.6); Hono takes the body away. */
export const answerHead = createMiddleware<Environment>(async (c, next) => {
  await next()
  if (c.req.method !== 'HEAD' || c.res.status === 304) return
  const { status } = c.res
  const headers = new Headers(c.res.headers)
  const body = await c.res.arrayBuffer()
  headers.set('content-length', String(body.byteLength))
  c.res = undefined
  c.res = new Response(body, { status, headers })
})

function matches(asked: string, etag: string): boolean {
  if (asked.trim() === '*') return true
  return asked.split(',').some((one) => opaque(one.trim()) === opaque(etag))
}

/** Without the mark of a weak validator: `If-None-Match` compares weakly (RFC 9110 §8.8.3.2). */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '')
}

/** Sets the ETag of a read from the version of its data: a weak one, whatever the encoding. Other calls have none. */
export function setVersion(context: HandlerContext, version: number | string): void {
  if (context.requestMethod === 'GET') context.responseHeader.set('etag', `W/"${version}"`)
}
