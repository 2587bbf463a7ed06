import { afterAll, expect, test } from 'bun:test'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { pushbackHeader } from '@marquee/connect-hono/errors/retry-info'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { mountConnect } from '@marquee/connect-hono/mount'
import type { AdmissionLimits } from '@marquee/http/admission/limits'
import { serve } from '@marquee/http/server/serve'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { createServiceAdmission } from './admission.ts'
import { createApp } from './app.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createHealth } from './process/health.ts'

const stack = new AsyncDisposableStack()
afterAll(() => stack.disposeAsync())

/** How busy the machine is must not decide: `gate.test.ts` moves the clock itself. */
const patient = { patienceMs: 60_000 }

/** A rating service whose reads take the event loop for some time, as a query of SQLite does. */
async function start(callMs: number, limits: Partial<AdmissionLimits> = {}) {
  const lines: { msg: string; overloaded?: number }[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = pino({ level: 'warn' }, { write })
  const metrics = createMetrics()
  const admission = createServiceAdmission({ log, metrics, limits })
  const state = { startedCount: 0 }
  const held = Promise.withResolvers<void>()
  const app = createApp('rating', {
    log,
    metrics,
    admission,
    health: createHealth(new AbortController().signal),
  })
  const getRating = () => {
    state.startedCount++
    for (const endMs = performance.now() + callMs; performance.now() < endMs; );
    return {}
  }
  mountConnect(app, (router) => router.service(RatingService, { getRating }), app.rpcOptions)
  app.get('/held', async (c) => {
    state.startedCount++
    await held.promise
    return c.json({})
  })
  app.post('/size', async (c) => c.text(`${(await c.req.arrayBuffer()).byteLength}`))
  const server = stack.use(await serve({ app, admission, port: 0, log }))
  const transport = createGrpcTransport({ baseUrl: server.url })
  const client = createClient(RatingService, transport)
  const read = (timeoutMs = 10_000) =>
    client.getRating({ recordType: 'movie', recordId: '1', userId: 'me' }, { timeoutMs }).then(
      () => undefined,
      (error) => ConnectError.from(error),
    )
  return { server, client: createClient(Health, transport), read, state, held, lines, metrics }
}

test('calls beyond the queue are refused before they start, with the time to retry', async () => {
  const { read, state, metrics, lines } = await start(5, { ...patient, waitingMax: 8 })
  const errors = await Promise.all(Array.from({ length: 200 }, () => read()))
  const refused = errors.filter((error) => error !== undefined)
  expect(refused.length).toBeGreaterThan(0)
  expect(state.startedCount).toBe(errors.length - refused.length)
  for (const error of refused) {
    expect(error.code).toBe(Code.Unavailable)
    const types = ['google.rpc.RetryInfo', 'google.rpc.ErrorInfo']
    expect(error.details).toMatchObject(types.map((type) => ({ type })))
    expect(error.metadata.get(pushbackHeader)).toBe('1000')
  }
  const text = await metrics.registry.metrics()
  expect(text).toContain(`marquee_admission_refused_total{reason="overloaded"} ${refused.length}`)
  const method = 'rating.v1.RatingService/GetRating'
  const labels = `protocol="grpc",method="${method}",code="unavailable"`
  expect(text).toContain(`marquee_calls_total{${labels}} ${refused.length}`)
  const loggedCount = () => lines.reduce((sum, { overloaded = 0 }) => sum + overloaded, 0)
  await waitFor(() => loggedCount() === refused.length, { what: 'the log' })
  expect(lines.length).toBeLessThan(refused.length)
})

test('a REST call is refused with 503 and Retry-After', async () => {
  const limits = { inFlightInitial: 1, inFlightMin: 1, inFlightMax: 1, waitingMax: 1 }
  const { server, state, held } = await start(0, { ...patient, ...limits })
  const get = async () => {
    const response = await fetch(`${server.url}/held`)
    await response.arrayBuffer()
    if (response.status !== 200) held.resolve()
    return [response.status, response.headers.get('retry-after')] as const
  }
  const first = get()
  await waitFor(() => state.startedCount > 0, { what: 'a start' })
  const [second, third] = [get(), get()]
  expect(await first).toEqual([200, null])
  const others = await Promise.all([second, third])
  expect(others.toSorted()).toEqual([
    [200, null],
    [503, '1'],
  ])
})

test('probes get a response while other calls wait or are refused', async () => {
  const { server, client, read, state } = await start(10, { ...patient, waitingMax: 20 })
  const calls = Promise.all(Array.from({ length: 250 }, () => read()))
  await waitFor(() => state.startedCount > 0, { what: 'a start', intervalMs: 1 })
  const probe = async (path: string) => {
    const response = await fetch(server.url + path)
    await response.arrayBuffer()
    return response.status
  }
  const probes = ['/livez', '/readyz', '/metrics', '/readyz?verbose']
  const statuses = await Promise.all(probes.map(probe))
  expect(statuses).toEqual([200, 200, 200, 200])
  await client.check({}, { timeoutMs: 10_000 })
  await calls
})

test('large requests that wait on a connection do not stop the one that has started', async () => {
  const limits = { inFlightInitial: 1, inFlightMin: 1, inFlightMax: 1 }
  const { server } = await start(0, { ...patient, ...limits })
  const session = connect(server.url)
  const post = () => {
    const stream = session.request({ ':method': 'POST', ':path': '/size' })
    stream.end(Buffer.alloc(1024 ** 2))
    return text(stream)
  }
  expect(await Promise.all(Array.from({ length: 8 }, post))).toEqual(Array(8).fill('1048576'))
  session.close()
})

test('a call whose deadline passes while it waits never starts', async () => {
  const limits = { inFlightInitial: 1, inFlightMin: 1, inFlightMax: 1 }
  const { server, state, held, metrics } = await start(0, { ...patient, ...limits })
  const first = fetch(`${server.url}/held`)
  await waitFor(() => state.startedCount > 0, { what: 'a start' })
  const post = (headers: Record<string, string>) =>
    fetch(`${server.url}/rating.v1.RatingService/GetRating`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"recordType":"movie","recordId":"1","userId":"me"}',
    })
  const late = post({ 'connect-timeout-ms': '1' })
  const patience = post({ 'connect-timeout-ms': '60000' })
  const areWaiting = async () => (await metrics.registry.metrics()).includes('waiting 2\n')
  await waitFor(areWaiting, { what: 'two calls that wait' })
  const arrivedMs = performance.now()
  await waitFor(() => performance.now() > arrivedMs + 5, { what: 'the deadline' })
  held.resolve()
  expect((await late).status).toBe(504)
  expect((await patience).status).toBe(200)
  await first
  expect(state.startedCount).toBe(2)
  const text = await metrics.registry.metrics()
  expect(text).toContain('marquee_admission_refused_total{reason="late"} 1')
})

test('no call is refused while calls arrive no faster than they complete', async () => {
  const { read, metrics } = await start(1, patient)
  for (let round = 0; round < 20; round++) {
    const errors = await Promise.all(Array.from({ length: 20 }, () => read()))
    expect(errors.filter((error) => error !== undefined)).toEqual([])
  }
  const text = await metrics.registry.metrics()
  expect(text).toContain('marquee_admission_refused_total{reason="overloaded"} 0')
})

alsoOnDenoAndNode(import.meta.filename)
