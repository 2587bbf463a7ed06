import type { HandlerContext } from '@connectrpc/connect'
import type { Environment } from '@marquee/connect-hono/call'
import { createMiddleware } from 'hono/factory'
import { etagOf } from './write-condition.ts'

/**
 * Sets the cache headers of responses to GET that their handler has not set. Caches may store a
 * response with an ETag, per encoding, and must revalidate it. They must not store other responses,
 * errors included. Responses about a user are for private caches only, errors included (RFC 9111
 * §5.2.2.7). Responds 304 when `If-None-Match` contains the ETag (RFC 9110 §13.1.2). A handler sets
 * the ETag from the version of its data.
 */
export const conditionalGet = createMiddleware<Environment>(async (c, next) => {
  await next()
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return
  // A handler may fail after it has set the ETag, and no condition applies to an error (RFC 9110 §13.2.1).
  if (c.res.status >= 400) c.res.headers.delete('etag')
  const etag = c.res.headers.get('etag')
  if (c.get('call').isPrivate) c.res.headers.set('cache-control', 'private, no-cache')
  else if (!c.res.headers.has('cache-control')) {
    c.res.headers.set('cache-control', etag === null ? 'no-store' : 'no-cache')
  }
  if (etag === null) return
  if (!c.res.headers.has('vary')) c.res.headers.set('vary', 'accept-encoding')
  const condition = c.req.header('if-none-match')
  if (condition === undefined || !matches(condition, etag)) return
  const headers = new Headers(c.res.headers)
  headers.delete('content-type')
  headers.delete('content-length')
  c.res = undefined
  c.res = new Response(null, { status: 304, headers })
})

/**
 * Sets `Content-Length` of a response to HEAD as for GET (RFC 9110 §8.6). Hono removes the body. A
 * response to HEAD that has no body stands for a stream, whose length nobody knows.
 */
export const respondToHead = createMiddleware<Environment>(async (c, next) => {
  await next()
  if (c.req.method !== 'HEAD' || c.res.status === 304 || c.res.body === null) return
  const { status } = c.res
  const headers = new Headers(c.res.headers)
  const body = await c.res.arrayBuffer()
  headers.set('content-length', String(body.byteLength))
  c.res = undefined
  c.res = new Response(body, { status, headers })
})

function matches(condition: string, etag: string): boolean {
  if (condition.trim() === '*') return true
  return condition.split(',').some((one) => opaque(one.trim()) === opaque(etag))
}

/** Removes the prefix of a weak ETag: `If-None-Match` compares weakly (RFC 9110 §8.8.3.2). */
function opaque(etag: string): string {
  return etag.replace(/^W\//, '')
}

/**
 * Sets a weak ETag, valid for every encoding, from the version of the data. Only reads by GET have
 * one.
 */
export function setVersion(context: HandlerContext, version: number | string): void {
  if (context.requestMethod === 'GET') context.responseHeader.set('etag', `W/"${version}"`)
}

/**
 * Sets the ETag of a resource from its revision: for a read, and by REST for a write, which then
 * returns the new version. By REST it is strong, because the bytes of the response depend on nothing
 * but the revision and the encoding. The server marks that of a compressed response.
 */
export function setResourceVersion(context: HandlerContext, revision: number): void {
  if (context.protocolName === 'rest') context.responseHeader.set('etag', etagOf(revision))
  else if (context.requestMethod === 'GET') {
    context.responseHeader.set('etag', `W/${etagOf(revision)}`)
  }
}
