import { expect, test } from 'bun:test'
import { brotliDecompressSync } from 'node:zlib'
import { mountConnect } from '@marquee/connect-hono/mount'
import { appOrigin } from '@marquee/testing/app-transport'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { Descriptions } from '@marquee/transcode/openapi/descriptions'
import { pino } from 'pino'
import { MetadataService } from '../../../gen/metadata/v1/metadata_pb.ts'
import { createApp } from '../app.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createHealth } from '../process/health.ts'

alsoOnDenoAndNode(import.meta.filename)

const loaded: Descriptions = {
  comments: { 'metadata.v1.MetadataService.GetMetadata': 'GetMetadata returns a movie.' },
  examples: {},
}

function appWith(descriptions: () => Promise<Descriptions>) {
  const app = createApp('metadata', {
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
    descriptions,
  })
  mountConnect(app, (router) => router.service(MetadataService, {}), app.rpcOptions)
  return app
}

let loads = 0
const app = appWith(async () => {
  loads++
  return loaded
})

const request = (init?: RequestInit, from = app) =>
  from.fetch(new Request(`${appOrigin}/openapi.json`, init)) as Promise<Response>

test('the document has the routes, the access rules and the comments of the service', async () => {
  const response = await request()
  expect(response.headers.get('content-type')).toBe('application/json')
  const { openapi, info, paths, components, tags } = await response.json()
  expect([openapi, info.title]).toEqual(['3.1.0', 'Marquee: metadata'])
  const { get, put } = paths['/v1/movies/{movie_id}']
  expect(get.description).toBe('GetMetadata returns a movie.\n\nAccess: everybody.')
  expect(get.security).toEqual([{}, { bearer: [] }])
  expect(put.security).toEqual([{ bearer: ['editor'] }])
  expect(components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(tags.map(({ name }: { name: string }) => name)).toEqual([
    ...['MetadataService', 'ActivityService'],
  ])
})

test('the document is written once, and is not sent again to a client that has it', async () => {
  const first = await request()
  const etag = first.headers.get('etag') ?? ''
  expect(first.headers.get('cache-control')).toBe('no-cache')
  const again = await request({ headers: { 'if-none-match': etag } })
  expect([again.status, await again.text()]).toEqual([304, ''])
  await request()
  expect(loads).toBe(1)
})

test('the document is written again when that has failed', async () => {
  let isBroken = true
  const failing = appWith(async () => {
    if (isBroken) throw new Error('the descriptions cannot be read')
    return loaded
  })
  expect((await request({}, failing)).status).toBe(500)
  isBroken = false
  expect((await request({}, failing)).status).toBe(200)
})

test('the document is compressed for clients that accept it', async () => {
  const plain = await request()
  const packed = await request({ headers: { 'accept-encoding': 'gzip, br' } })
  expect(packed.headers.get('content-encoding')).toBe('br')
  expect(packed.headers.get('vary')).toBe('accept-encoding')
  const bytes = Buffer.from(await packed.arrayBuffer())
  expect(bytes.length).toBe(Number(packed.headers.get('content-length')))
  expect(brotliDecompressSync(bytes).toString()).toBe(await plain.text())
})

test('the document is read by GET and HEAD alone', async () => {
  const head = await request({ method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const post = await request({ method: 'POST' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
})
