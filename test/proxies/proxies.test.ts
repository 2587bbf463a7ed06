import { expect, test } from 'bun:test'
import { Code, createClient, type Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { failureOf } from '@marquee/testing/failure-of'
import { freePorts } from '@marquee/testing/free-ports'
import { spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type ProxyName, startProxy, testedTimeoutMs } from './proxy.ts'

const movie = { recordId: 'the-matrix-1999', recordType: 'movie' }
/** Shorter than the timeouts of the proxies, as the default is. */
const heartbeatMs = 250

for (const name of ['nginx', 'haproxy'] as const satisfies readonly ProxyName[]) {
  describeWith(tool(name), `behind ${name} as documented`, (binary) => {
    test('unary calls of every protocol succeed behind a proxy, including the first gRPC call', async () => {
      await using behind = await startBehind(name, binary)
      const response = await behind.fetch('/movie?id=the-matrix-1999')
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ metadata: { title: 'The Matrix' } })
      for (let round = 0; round < 3; round++) {
        for (const [protocol, transport] of Object.entries(behind.transports)) {
          const { movieDetails } = await createClient(MovieService, transport).getMovieDetails({
            movieId: 'the-matrix-1999',
          })
          expect([protocol, movieDetails?.metadata?.title]).toEqual([protocol, 'The Matrix'])
        }
      }
    }, 60_000)

    test('a client behind a proxy has the limits of its own address, whatever it forwards', async () => {
      const limits = ['--trusted-proxies', '127.0.0.1,::1', '--rate-calls', '5/600']
      await using behind = await startBehind(name, binary, limits)
      const forged = (count: number) => ({ 'x-forwarded-for': `203.0.113.${count}` })
      const statuses: number[] = []
      for (let count = 0; count < 8; count++) {
        const headers = forged(count)
        statuses.push((await behind.fetch('/movie?id=the-matrix-1999', { headers })).status)
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
      const movies = createClient(MovieService, behind.transports.grpc as Transport)
      const call = movies.getMovieDetails({ movieId: movie.recordId }, { headers: forged(9) })
      expect((await failureOf(call)).code).toBe(Code.ResourceExhausted)
    }, 60_000)

    test('watches behind a proxy show each change immediately, and outlive its timeouts when quiet', async () => {
      await using behind = await startBehind(name, binary)
      await using watches = new AsyncDisposableStack()
      const all = Object.entries(behind.transports).map(([protocol, transport]) =>
        watches.use(watch(protocol, transport)),
      )
      for (const { counts } of all) await waitFor(() => counts.length > 0, { what: 'a message' })
      const ratings = createClient(RatingService, behind.ratingTransport)
      await ratings.putRating({ ...movie, userId: 'ada', value: 4 })
      for (const { protocol, counts } of all) {
        await waitFor(() => counts.at(-1) === 1n, { what: `${protocol}: the change` })
      }
      // Three times the proxy's timeout.
      const enough = (3 * testedTimeoutMs) / heartbeatMs
      for (const { protocol, counts } of all) {
        const what = `${protocol}: ${enough} messages`
        await waitFor(() => counts.length >= enough, { what, timeoutMs: 60_000 })
      }
    }, 90_000)
  })
}

/** Watches the movie, and records the rating count of each message. */
function watch(protocol: string, transport: Transport) {
  const leave = new AbortController()
  const counts: bigint[] = []
  const messages = createClient(MovieService, transport).watchMovieDetails(
    { movieId: movie.recordId },
    { signal: leave.signal },
  )
  const ended = (async () => {
    for await (const { movieDetails } of messages) counts.push(movieDetails?.rating?.count ?? 0n)
  })().catch((error: Error) => {
    if (!leave.signal.aborted) throw error
  })
  return {
    protocol,
    counts,
    async [Symbol.asyncDispose]() {
      leave.abort()
      await ended
    },
  }
}

async function startBehind(name: ProxyName, binary: string, flags: readonly string[] = []) {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder()).path
  const [port = 0, servicePort = 0, ratingPort = 0] = await freePorts(3)
  const program = await spawnProgram({
    runtime: 'bun',
    entry: 'services/dev.ts',
    args: [
      ...['--data', folder, '--port-metadata', '0', '--port-rating', `${ratingPort}`],
      ...['--port-movie', `${servicePort}`, '--heartbeat-ms', `${heartbeatMs}`],
      // HAProxy checks the health of this one.
      ...['--allowed-hosts', 'movies.example'],
      ...flags,
    ],
  })
  stack.use(program)
  await program.waitForLine(/^Ready after/m, 30_000)
  stack.use(await startProxy({ name, binary, folder, servicePort, port }))
  const baseUrl = `https://localhost:${port}`
  // The certificate is self-signed.
  const tls = { rejectUnauthorized: false }
  const trusting: typeof fetch = Object.assign(
    (input: Parameters<typeof fetch>[0], init?: RequestInit) => fetch(input, { ...init, tls }),
    { preconnect: fetch.preconnect },
  )
  const transports: Record<string, Transport> = {
    grpc: createGrpcTransport({ baseUrl, nodeOptions: tls }),
    'grpc-web': createGrpcWebTransport({ baseUrl, fetch: trusting }),
    connect: createConnectTransport({ baseUrl, fetch: trusting }),
    'connect get': createConnectTransport({ baseUrl, fetch: trusting, useHttpGet: true }),
  }
  await waitFor(async () => (await trusting(`${baseUrl}/livez`)).ok, { what: `${name} to pass on` })
  const running = stack.move()
  return {
    transports,
    ratingTransport: createConnectTransport({ baseUrl: `http://localhost:${ratingPort}` }),
    fetch: (path: string, init?: RequestInit) => trusting(baseUrl + path, init),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
