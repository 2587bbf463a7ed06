import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { serve } from '@marquee/http/server/serve'
import { type Gateway, ratingPath, startGateway, startInstance } from '@marquee/testing/forwarding'
import { dialRaw, sendRaw } from '@marquee/testing/http1-client'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'

const stack = new AsyncDisposableStack()
let gateway: Gateway

beforeAll(async () => {
  const putRating = ({ value = 0 }: { value?: number }) => ({ aggregatedRating: { mean: value } })
  const instance = stack.use(await startInstance({ putRating }))
  gateway = stack.use(await startGateway([instance.url]))
})
afterAll(() => stack.disposeAsync())

const path = `${ratingPath}/rating.v1.RatingService/PutRating`
const body = '{"recordId":"1","recordType":"movie","userId":"ada","value":4}'

function head(fields: Readonly<Record<string, string>>): string {
  const all = { host: 'localhost', expect: '100-continue', ...fields }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const portOf = ({ url }: { readonly url: string }) => ({ port: Number(new URL(url).port) })

/** Far more than a request of the method may have. */
const huge = { 'content-length': '100000000' }
const json = { 'content-type': 'application/json' }

describe('a client that waits for 100 Continue gets the final response through the gateway when', () => {
  const refusals: readonly (readonly [string, number, Readonly<Record<string, string>>])[] = [
    ['its body is too large by Connect', 429, { ...json, ...huge }],
    ['its body is too large by gRPC-Web', 200, { 'content-type': 'application/grpc-web', ...huge }],
    ['its content type is unknown', 415, { 'content-type': 'text/plain', 'content-length': '9' }],
    ['its write has a condition', 412, { ...json, 'content-length': '9', 'if-match': '"1"' }],
  ]

  test.each(refusals)('%s, by HTTP/1.1', async (_, status, fields) => {
    const text = await sendRaw(portOf(gateway), head(fields))
    expect(text).toStartWith(`HTTP/1.1 ${status} `)
  })

  test.each(refusals)('%s, by HTTP/2', async (_, status, fields) => {
    const session = connect(gateway.url)
    const pseudo = { ':method': 'POST', ':path': path, expect: '100-continue' }
    const stream = session.request({ ...pseudo, ...fields })
    let isContinued = false
    stream.on('continue', () => {
      isContinued = true
    })
    stream.on('error', () => {})
    const [headers] = await once(stream, 'response')
    session.destroy()
    expect([headers[':status'], isContinued]).toEqual([status, false])
  })
})

test('a client gets 100 Continue when the service requests the body', async () => {
  using client = await dialRaw(portOf(gateway))
  client.send(head({ ...json, 'content-length': String(body.length) }))
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.send(body)
  expect(await client.until(/"mean":4/)).toContain('HTTP/1.1 200 OK')
})

test('a client that sends the body without waiting for 100 Continue is served', async () => {
  using client = await dialRaw(portOf(gateway))
  client.send(head({ ...json, 'content-length': String(body.length) }) + body)
  expect(await client.until(/"mean":4/)).toContain('HTTP/1.1 200 OK')
})

test('a client gets 100 Continue in time when the service sends none', async () => {
  const gate = Promise.withResolvers<void>()
  const fetch = () => gate.promise.then(() => Response.json({}))
  await using silent = await serve({ app: { fetch }, port: 0, log: pino({ level: 'silent' }) })
  await using between = await startGateway([silent.url], { continueTimeoutMs: 1 })
  using client = await dialRaw(portOf(between))
  client.send(head({ ...json, 'content-length': String(body.length) }))
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  gate.resolve()
  await client.until(/HTTP\/1\.1 200 OK/)
})

alsoOnDenoAndNode(import.meta.filename)
