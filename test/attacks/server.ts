/**
 * The server under attack, with a small app and a service of the project. `LIMITS` is a JSON object
 * with the options `limits`, `http1` and `http2` of `serve`. Prints `listening PORT`.
 */

import type { Exchange } from '@marquee/http/exchange'
import { lazyResponse } from '@marquee/http/lazy-response'
import type { PortBindings } from '@marquee/http/server/port'
import { type Server, serve } from '@marquee/http/server/serve'
import { whenClosed } from '@marquee/http/when-closed'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { Hono } from 'hono'
import { pino } from 'pino'
import { createMetadataApp } from '../../services/metadata/service.ts'
import { createMemoryMetadataStore } from '../../services/metadata/store/memory.ts'
import type { PortLimitsOfAll, PortState } from './state.ts'

const log = pino({ level: 'warn' }, process.stderr)
const chunkBytes = 64 * 1024
const releases = new Set<() => void>()
const state = { requestCount: 0, exchangeCount: 0, handlerCount: 0 }

/** Yields bytes as fast as they are read. */
async function* bytesOf(length: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < length; sent += chunkBytes) yield Buffer.alloc(chunkBytes, 1)
}

/** Yields the request body as it arrives. */
async function* echo({ body }: Exchange): AsyncGenerator<Uint8Array> {
  while (!body.ended) {
    const chunk = body.take()
    if (chunk === undefined) await body.ready()
    else yield chunk
  }
}

const metadata = createMetadataApp({
  log,
  metrics: createMetrics(),
  health: createHealth(new AbortController().signal),
  store: createMemoryMetadataStore(),
})

const app = new Hono<{ Bindings: PortBindings }>()
  .use(async ({ env }, next) => {
    state.requestCount++
    state.exchangeCount++
    state.handlerCount++
    if (env.exchange !== undefined) whenClosed(env.exchange, () => state.exchangeCount--)
    await next()
    state.handlerCount--
  })
  .get('/state', async (c) => {
    // Requests that get their response within the tick do not count as handlers in flight.
    await new Promise((resolve) => setImmediate(resolve))
    const { rss } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    const { connectionCount } = server
    const counts = { ...state, heldCount: releases.size, connectionCount }
    const told: PortState = { ...counts, rssBytes: rss, cpuUs: user + system }
    return c.json(told)
  })
  // Responds only when released, even when the client has left: a handler that ignores resets.
  .all('/hold', async (c) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    releases.add(resolve)
    await promise
    return c.text('released')
  })
  .post('/release', (c) => {
    for (const release of releases) release()
    releases.clear()
    return c.body(null, 204)
  })
  .post('/length', async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)))
  .post('/echo', ({ env }) => lazyResponse(echo(env.exchange as Exchange), 200, []))
  .get('/bytes/:length', (c) =>
    lazyResponse(bytesOf(Number(c.req.param('length'))), 200, ['content-type', 'text/plain']),
  )
  .get('/whole/:length', (c) =>
    lazyResponse(Buffer.alloc(Number(c.req.param('length')), 1), 200, []),
  )
  .all('/metadata', (c) => metadata.fetch(c.req.raw, c.env))
  .all('/metadata.v1.MetadataService/*', (c) => metadata.fetch(c.req.raw, c.env))
  .all('*', (c) => c.text('served'))
  // The body was aborted. Hono would print the error.
  .onError((_, c) => c.body(null, 500))

const options: PortLimitsOfAll = JSON.parse(process.env.LIMITS ?? '{}')
const server: Server = await serve({ app, port: 0, log, ...options })
process.stdout.write(`listening ${server.port}\n`)
