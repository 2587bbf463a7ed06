import type { HeaderList } from '@marquee/http/exchange'
import { toHeaderList } from '@marquee/http/header-list'
import type { Context } from 'hono'
import type { Environment } from '../call.ts'
import { ExchangeIncoming, type Incoming, RequestIncoming } from './incoming.ts'

/** Returns the request of a Hono context. Each call has its own body, and only one may read it. */
export function incomingOf(c: Context<Environment>): Incoming {
  const exchange = c.env?.exchange
  if (exchange === undefined) return new RequestIncoming(c.req.raw)
  return new ExchangeIncoming(exchange, c.req.raw, c.env)
}

/** Returns the headers of the request of a Hono context. */
export function headersOf(c: Context<Environment>): HeaderList {
  return c.env?.exchange?.headers ?? toHeaderList(c.req.raw.headers)
}
