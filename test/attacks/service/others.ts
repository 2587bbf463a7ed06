/**
 * Measures a service from other clients while one attacks it: probes `/livez` every 50 ms and rates
 * a movie every 250 ms, each on a new connection, and keeps one watch open. `MOVIE_URL` names the
 * movie service. Prints `ready`, and on SIGTERM the figures as JSON (`OthersReport`).
 */
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Figures of the other clients. */
export interface OthersReport {
  readonly probeCount: number
  /** Probes that failed, or had no response within five seconds. */
  readonly probeFailureCount: number
  /** Latency of the successful probes from when each was due, in milliseconds. */
  readonly p99Ms: number
  readonly maxMs: number
  readonly ratingCount: number
  /** Ratings that were not saved. */
  readonly ratingFailureCount: number
  /** Number of times that the watch ended and was reopened. */
  readonly watchLossCount: number
}

const url = process.env.MOVIE_URL ?? ''
const probeIntervalMs = 50
const ratingIntervalMs = 250
const timeoutMs = 5_000

const durationsMs: number[] = []
const counts = { probeCount: 0, probeFailureCount: 0, ratingCount: 0, ratingFailureCount: 0 }
let watchLossCount = 0
let isOver = false

/** Creates a connection that is reopened when it is lost. */
function createConnection() {
  let session: ClientHttp2Session | undefined
  return () => {
    if (session === undefined || session.destroyed || session.closed) {
      session = connect(url, { createConnection: connectFromElsewhere })
      session.on('error', () => {})
    }
    return session
  }
}

/** Connects from an address of its own: memory is shared by address, and attackers have theirs. */
function connectFromElsewhere({ hostname, port }: URL): Socket {
  const localAddress = process.platform === 'linux' ? '127.0.0.2' : undefined
  return connectSocket({ host: hostname, port: Number(port), localAddress })
}

const toMovie = createConnection()
const toRating = createConnection()
const toWatch = createConnection()

async function call(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<number> {
  const stream = session.request(headers)
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    stream.end(body)
    const [response] = await once(stream, 'response', { signal })
    stream.resume()
    return Number(response[':status'])
  } finally {
    stream.on('error', () => {})
    stream.close()
  }
}

async function probe(dueMs: number): Promise<void> {
  counts.probeCount++
  const status = await call(toMovie(), { ':path': '/livez' }).catch(() => 0)
  if (status === 200) durationsMs.push(performance.now() - dueMs)
  else counts.probeFailureCount++
}

async function rate(): Promise<void> {
  counts.ratingCount++
  const headers = {
    ':method': 'POST',
    ':path': '/services/rating/rating.v1.RatingService/PutRating',
    'content-type': 'application/json',
  }
  const rating = { recordId: 'the-matrix-1999', recordType: 'movie', userId: 'other', value: 4 }
  const status = await call(toRating(), headers, JSON.stringify(rating)).catch(() => 0)
  if (status !== 200) counts.ratingFailureCount++
}

async function watch(): Promise<void> {
  const message = JSON.stringify({
    records: [{ recordId: 'the-matrix-1999', recordType: 'movie' }],
  })
  const envelope = Buffer.alloc(5 + message.length)
  envelope.writeUInt32BE(message.length, 1)
  envelope.write(message, 5)
  while (!isOver) {
    const stream = toWatch().request({
      ':method': 'POST',
      ':path': '/services/rating/rating.v1.RatingService/WatchAggregatedRatings',
      'content-type': 'application/connect+json',
    })
    stream.on('error', () => {})
    stream.resume().end(envelope)
    await once(stream, 'close').catch(() => {})
    if (isOver) return
    watchLossCount++
    await delay(ratingIntervalMs)
  }
}

/** Calls `act` at even intervals, whether or not earlier calls have ended. */
function every(intervalMs: number, act: (dueMs: number) => Promise<void>): void {
  const startMs = performance.now()
  let count = 0
  const pending = new Set<Promise<void>>()
  const timer = setInterval(() => {
    for (; startMs + count * intervalMs <= performance.now(); count++) {
      const one = act(startMs + count * intervalMs)
      pending.add(one)
      void one.finally(() => pending.delete(one))
    }
  }, intervalMs / 5)
  stops.push(() => {
    clearInterval(timer)
    return Promise.all(pending)
  })
}

const stops: Array<() => Promise<unknown>> = []
await probe(performance.now())
durationsMs.length = 0
counts.probeCount = 0
every(probeIntervalMs, probe)
every(ratingIntervalMs, rate)
void watch()
process.stdout.write('ready\n')

process.once('SIGTERM', async () => {
  isOver = true
  await Promise.all(stops.map((stop) => stop()))
  const sorted = durationsMs.sort((a, b) => a - b)
  const report: OthersReport = {
    ...counts,
    watchLossCount,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY,
    maxMs: sorted.at(-1) ?? Number.POSITIVE_INFINITY,
  }
  process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exit()
})
