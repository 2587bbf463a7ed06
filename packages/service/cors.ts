import { cors as connectCors } from '@connectrpc/connect'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

/** Time that a browser may cache the response to a preflight, in seconds. */
const preflightMaxAgeSeconds = 7_200

/** Headers of responses that scripts may read, in addition to Connect's. */
const exposedHeaders = [
  ...['X-Request-Id', 'ETag', 'WWW-Authenticate'],
  ...['Retry-After', 'RateLimit', 'RateLimit-Policy'],
]

/** Headers by which a page's trace continues (https://www.w3.org/TR/trace-context/). */
const traceHeaders = ['traceparent', 'tracestate']

/**
 * Allows calls from pages of other origins (https://connectrpc.com/docs/cors).
 * @param headers Further headers that the calls may have.
 */
export function allowOrigins(
  origins: readonly string[],
  headers: readonly string[] = [],
): MiddlewareHandler {
  const allow = cors({
    origin: [...origins],
    allowMethods: [...connectCors.allowedMethods, 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: [
      ...connectCors.allowedHeaders,
      'Authorization',
      'X-Request-Id',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      ...traceHeaders,
      ...headers,
    ],
    exposeHeaders: [...connectCors.exposedHeaders, ...exposedHeaders],
    maxAge: preflightMaxAgeSeconds,
  })
  // The route itself responds to any other OPTIONS.
  return (c, next) => {
    const isPreflight = c.req.header('access-control-request-method') !== undefined
    return c.req.method === 'OPTIONS' && !isPreflight ? next() : allow(c, next)
  }
}
