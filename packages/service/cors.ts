import { cors as connectCors } from '@connectrpc/connect'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

/** How long a browser may go by the answer to its preflight, in seconds. */
const preflightMaxAgeSeconds = 7_200

/** Lets the scripts of pages of other origins call, with what Connect and gRPC-Web need (https://connectrpc.com/docs/cors). */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  const allow = cors({
    origin: [...origins],
    allowMethods: [...connectCors.allowedMethods, 'PUT'],
    allowHeaders: [...connectCors.allowedHeaders, 'X-Request-Id', 'If-None-Match'],
    exposeHeaders: [...connectCors.exposedHeaders, 'X-Request-Id', 'ETag'],
    maxAge: preflightMaxAgeSeconds,
  })
  // Any other OPTIONS asks what a route takes, and is for the route to answer.
  return (c, next) => {
    const isPreflight = c.req.header('access-control-request-method') !== undefined
    return c.req.method === 'OPTIONS' && !isPreflight ? next() : allow(c, next)
  }
}
