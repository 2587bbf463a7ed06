import { cors as connectCors } from '@connectrpc/connect'
import { cors } from 'hono/cors'

/** How long a browser may go by the answer to its preflight, in seconds. */
const preflightMaxAgeSeconds = 7_200

/** Lets the scripts of pages of other origins call, with what Connect and gRPC-Web need (https://connectrpc.com/docs/cors). */
export function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    allowMethods: [...connectCors.allowedMethods, 'PUT'],
    allowHeaders: [...connectCors.allowedHeaders, 'X-Request-Id', 'If-None-Match'],
    exposeHeaders: [...connectCors.exposedHeaders, 'X-Request-Id', 'ETag'],
    maxAge: preflightMaxAgeSeconds,
  })
}
