import { describe, expect, test } from 'bun:test'
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect'
import { retryInfo } from '@marquee/connect-hono/errors/retry-info'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { LibraryService } from '../../gen/library/v1/library_pb.ts'
import { createCalls } from './calls.ts'
import { createMarquee } from './client.ts'
import { RatingStatus } from './gen/movie/v1/movie_pb.ts'
import { RatingService, ScaleSchema } from './gen/rating/v1/rating_pb.ts'
import type { ClientOptions } from './options.ts'
import { findDetail, type Result } from './result.ts'
import { openMarquee } from './testing/marquee.ts'

alsoOnDenoAndNode(import.meta.filename)

const record = { recordId: 'alien', recordType: 'movie' }

function unavailable(details: ConnectError['details'] = []): ConnectError {
  const error = new ConnectError('come again', Code.Unavailable)
  error.details = details
  return error
}

/** A client whose server sends one response to everything. */
function answeredBy(response: () => Response, options: Partial<ClientOptions> = {}) {
  const { marquee } = openMarquee({}, { fetch: (async () => response()) as never, ...options })
  return marquee
}

function errorOf<Value>(result: Result<Value>) {
  if (result.ok) throw new Error('the call succeeded')
  return result.error
}

async function collect<Value>(results: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = []
  for await (const result of results) all.push(result)
  return all
}

describe('the result of a call', () => {
  test('a call returns the message of the response', async () => {
    const { marquee, requests } = openMarquee({
      movies: {
        getMovieDetails: ({ movieId }) => ({
          movieDetails: { metadata: { id: movieId, title: 'Alien' }, ratingStatus: 2 },
        }),
      },
    })
    const result = await marquee.movies.getMovieDetails({ movieId: 'alien' })
    expect(result).toMatchObject({
      ok: true,
      value: {
        movieDetails: { metadata: { title: 'Alien' }, ratingStatus: RatingStatus.NOT_RATED },
      },
    })
    const [request] = requests
    expect(request?.method).toBe('GET')
    expect(request?.url).toStartWith('http://marquee.test/movie.v1.MovieService/GetMovieDetails?')
  })

  test('an error is a value with its code, its text and its details', async () => {
    const { marquee } = openMarquee({
      ratings: {
        getAggregatedRating() {
          const scale = { desc: ScaleSchema, value: { min: 1, max: 5, step: 1 } }
          throw new ConnectError('nobody has rated it', Code.NotFound, undefined, [scale])
        },
      },
    })
    const error = errorOf(await marquee.ratings.getAggregatedRating(record))
    expect(error).toMatchObject({ code: 'not_found', message: 'nobody has rated it' })
    expect(findDetail(error, ScaleSchema)).toMatchObject({ min: 1, max: 5, step: 1 })
    expect(error.reason).toBeUndefined()
  })

  test('an error has the name of its reason', async () => {
    const info = { desc: ErrorInfoSchema, value: { reason: 'OUTBOX_FULL', domain: 'marquee' } }
    const { marquee } = openMarquee({
      ratings: {
        putRating() {
          throw new ConnectError('too many changes', Code.ResourceExhausted, undefined, [info])
        },
      },
    })
    const error = errorOf(await marquee.ratings.putRating({ ...record, userId: 'ada', value: 4 }))
    expect(error.reason).toBe('OUTBOX_FULL')
  })

  test('a write is a POST, and so is a read that is too long for a URL', async () => {
    const { marquee, requests } = openMarquee({
      ratings: { putRating: () => ({}), batchGetAggregatedRatings: () => ({}) },
    })
    const records = Array.from({ length: 500 }, (_, n) => ({ ...record, recordId: `movie-${n}` }))
    const results = [
      await marquee.ratings.putRating({ ...record, userId: 'ada', value: 4.5 }),
      await marquee.ratings.batchGetAggregatedRatings({ records: records.slice(0, 3) }),
      await marquee.ratings.batchGetAggregatedRatings({ records }),
    ]
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true])
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST'])
  })

  test('a request that cannot be encoded is an invalid argument', async () => {
    const { marquee, requests } = openMarquee({})
    const result = await marquee.movies.listMovies({ pageSize: 0.5 })
    expect(errorOf(result)).toMatchObject({ code: 'invalid_argument' })
    expect(requests).toEqual([])
  })

  test('a response that is not of Marquee is an error that names what came instead', async () => {
    const page = (status: number) =>
      answeredBy(
        () => new Response('<html>', { status, headers: { 'content-type': 'text/html' } }),
        { retryCountMax: 0 },
      ).movies.getMovieDetails({ movieId: 'alien' })
    expect(errorOf(await page(200))).toMatchObject({
      code: 'unknown',
      message: expect.stringContaining('text/html, not application/proto'),
    })
    expect(errorOf(await page(502))).toMatchObject({ code: 'unavailable' })
    expect(errorOf(await page(404))).toMatchObject({ code: 'unimplemented' })
    expect(errorOf(await page(418))).toMatchObject({ code: 'unknown' })
  })

  test('a message that cannot be decoded is an internal error', async () => {
    const headers = { 'content-type': 'application/proto' }
    const marquee = answeredBy(() => new Response(new Uint8Array([255]), { headers }))
    const result = await marquee.movies.getMovieDetails({ movieId: 'alien' })
    expect(errorOf(result)).toMatchObject({ code: 'internal' })
  })

  test('an error of Connect without a known code has the code of its status', async () => {
    const marquee = answeredBy(() =>
      Response.json(
        { code: 'odd', message: 'no', details: [{ type: 'a' }, null] },
        { status: 403 },
      ),
    )
    const result = await marquee.movies.getMovieDetails({ movieId: 'alien' })
    expect(errorOf(result)).toMatchObject({ code: 'permission_denied', message: 'no', details: [] })
  })

  test('any transport of Connect can replace the own one', async () => {
    const transport = createRouterTransport(({ service }) => {
      service(RatingService, {
        getRating() {
          throw new ConnectError('not rated', Code.NotFound)
        },
        putRating: () => ({ aggregatedRating: { count: 1n } }),
      })
    })
    const { ratings } = createMarquee({ baseUrl: '', transport })
    const error = errorOf(await ratings.getRating(record))
    expect(error).toMatchObject({ code: 'not_found', message: 'not rated' })
    expect(await ratings.putRating({ ...record, value: 1 })).toMatchObject({
      ok: true,
      value: { aggregatedRating: { count: 1n } },
    })
  })
})

describe('a token', () => {
  test('a token is sent with each attempt', async () => {
    let tokenCount = 0
    const seen: (string | null)[] = []
    const { marquee } = openMarquee(
      {
        ratings: {
          getRating(_, { requestHeader }) {
            seen.push(requestHeader.get('authorization'))
            if (seen.length === 1) throw unavailable()
            return {}
          },
        },
      },
      { token: async () => `token-${++tokenCount}` },
    )
    expect(await marquee.ratings.getRating(record)).toMatchObject({ ok: true })
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  test('a call without a token fails with unauthenticated when the function does', async () => {
    const { marquee, requests } = openMarquee({}, { token: () => Promise.reject(new Error('no')) })
    const error = errorOf(await marquee.ratings.getRating(record))
    expect(error).toMatchObject({
      code: 'unauthenticated',
      message: 'there is no token: Error: no',
    })
    expect(requests).toEqual([])
  })

  test('a function that returns nothing sends none', async () => {
    const { marquee, requests } = openMarquee(
      { ratings: { getRating: () => ({}) } },
      { token: () => undefined },
    )
    await marquee.ratings.getRating(record, { headers: { 'x-test': 'kept' } })
    expect(requests[0]?.headers.get('authorization')).toBeNull()
    expect(requests[0]?.headers.get('x-test')).toBe('kept')
  })
})

describe('the end of a call', () => {
  /** Does not respond. */
  const stuck = (started: () => void) => ({
    getRating() {
      started()
      return new Promise<never>(() => {})
    },
  })

  test('an aborted call fails with canceled, and aborts its request', async () => {
    const stop = new AbortController()
    const { marquee, requests } = openMarquee({ ratings: stuck(() => stop.abort()) })
    const result = await marquee.ratings.getRating(record, { signal: stop.signal })
    expect(errorOf(result)).toMatchObject({ code: 'canceled' })
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  test('a call that was aborted before it began sends nothing', async () => {
    const { marquee, requests } = openMarquee({})
    const result = await marquee.ratings.getRating(record, { signal: AbortSignal.abort() })
    expect(errorOf(result)).toMatchObject({ code: 'canceled' })
    expect(requests).toEqual([])
  })

  test('a call without a response in time fails with deadline_exceeded', async () => {
    const started = Promise.withResolvers<void>()
    const { marquee, clock, requests } = openMarquee({ ratings: stuck(started.resolve) })
    const calling = marquee.ratings.getRating(record)
    await started.promise
    clock.expire()
    expect(errorOf(await calling)).toMatchObject({ code: 'deadline_exceeded' })
    expect(requests[0]?.headers.get('connect-timeout-ms')).toBe('10000')
  })

  test('the deadline includes the time that the token takes', async () => {
    const { marquee, clock } = openMarquee({}, { token: () => new Promise(() => {}) })
    const calling = marquee.ratings.getRating(record)
    clock.expire()
    expect(errorOf(await calling)).toMatchObject({ code: 'deadline_exceeded' })
  })
})

describe('a retry', () => {
  /** Fails with the errors, and then succeeds. */
  function failing(errors: readonly ConnectError[]) {
    let callCount = 0
    const handler = () => {
      const error = errors[callCount++]
      if (error) throw error
      return {}
    }
    return { handler, callCount: () => callCount }
  }

  test('an idempotent call is repeated while the service is unavailable, twice', async () => {
    const { handler, callCount } = failing([unavailable(), unavailable()])
    const { marquee, clock } = openMarquee({ ratings: { putRating: handler } })
    const result = await marquee.ratings.putRating({ ...record, value: 4 })
    expect(result).toMatchObject({ ok: true })
    expect(callCount()).toBe(3)
    expect(clock.waits).toEqual([50, 100])
    const lasting = failing(Array.from({ length: 9 }, () => unavailable()))
    const down = openMarquee({ ratings: { putRating: lasting.handler } })
    const failed = await down.marquee.ratings.putRating({ ...record, value: 4 })
    expect(errorOf(failed)).toMatchObject({ code: 'unavailable', message: 'come again' })
    expect(lasting.callCount()).toBe(3)
  })

  test('a call that is not idempotent is sent once', async () => {
    const { handler, callCount } = failing([unavailable()])
    const { options } = openMarquee({ library: { createBook: handler } })
    const { createBook } = createCalls(LibraryService, options)
    const error = errorOf(await createBook({ book: { title: 'Solaris' } }))
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(callCount()).toBe(1)
  })

  test('another error than unavailable is not repeated, unless it says when to retry', async () => {
    const exhausted = () => new ConnectError('too many', Code.ResourceExhausted)
    const { handler, callCount } = failing([exhausted()])
    const { marquee } = openMarquee({ ratings: { getRating: handler } })
    expect(await marquee.ratings.getRating(record)).toMatchObject({ ok: false })
    expect(callCount()).toBe(1)
    const hinted = exhausted()
    hinted.details = retryInfo(1_500)
    const later = failing([hinted])
    const other = openMarquee({ ratings: { getRating: later.handler } })
    expect(await other.marquee.ratings.getRating(record)).toMatchObject({ ok: true })
    expect(other.clock.waits).toEqual([1_550])
  })

  test('a call fails at once when the service wants it after the deadline', async () => {
    const { handler, callCount } = failing([unavailable(retryInfo(6_000))])
    const { marquee } = openMarquee({ ratings: { getRating: handler } }, { timeoutMs: 5_000 })
    expect(errorOf(await marquee.ratings.getRating(record))).toMatchObject({ retryDelayMs: 6_000 })
    const long = failing([unavailable(retryInfo(60_000))])
    const other = openMarquee({ ratings: { getRating: long.handler } }, { timeoutMs: 0 })
    expect(errorOf(await other.marquee.ratings.getRating(record))).toMatchObject({
      retryDelayMs: 60_000,
    })
    expect([callCount(), long.callCount()]).toEqual([1, 1])
  })

  test('a service that cannot be reached is unavailable, and is called again', async () => {
    let callCount = 0
    const marquee = answeredBy(() => {
      callCount += 1
      throw new TypeError('Failed to fetch')
    })
    const error = errorOf(await marquee.ratings.getRating(record))
    expect(error).toMatchObject({ code: 'unavailable', cause: new TypeError('Failed to fetch') })
    expect(callCount).toBe(3)
  })

  test('an abort ends the wait before a retry', async () => {
    const stop = new AbortController()
    const { marquee } = openMarquee({
      ratings: {
        getRating() {
          setTimeout(() => stop.abort(), 0)
          throw unavailable(retryInfo(4_000))
        },
      },
    })
    const result = await marquee.ratings.getRating(record, { signal: stop.signal })
    expect(errorOf(result)).toMatchObject({ code: 'canceled' })
  })
})

describe('a stream of results', () => {
  const rating = (n: number) => ({ rating: { ...record, recordId: `movie-${n}` } })

  test('a stream yields its messages, and its error is the last result', async () => {
    const { marquee } = openMarquee({
      ratings: {
        async *exportRatings() {
          yield rating(1)
          yield rating(2)
          throw new ConnectError('the disk is gone', Code.DataLoss)
        },
      },
    })
    expect(await collect(marquee.ratings.exportRatings({}))).toMatchObject([
      { ok: true, value: { rating: { recordId: 'movie-1' } } },
      { ok: true, value: { rating: { recordId: 'movie-2' } } },
      { ok: false, error: { code: 'data_loss', message: 'the disk is gone' } },
    ])
  })

  test('a caller who stops to read closes the stream', async () => {
    const closed = Promise.withResolvers<void>()
    const { marquee } = openMarquee({
      ratings: {
        async *exportRatings(_, { signal }) {
          signal.addEventListener('abort', () => closed.resolve())
          for (let n = 0; !signal.aborted; n++) {
            yield rating(n)
            await new Promise((resolve) => setTimeout(resolve, 0))
          }
        },
      },
    })
    for await (const result of marquee.ratings.exportRatings({})) {
      expect(result).toMatchObject({ ok: true })
      break
    }
    await closed.promise
  })

  test('a stream that breaks off is unavailable', async () => {
    const headers = { 'content-type': 'application/connect+proto' }
    for (const bytes of [[0, 0], [0, 0, 0, 0, 9, 1], []]) {
      const marquee = answeredBy(() => new Response(new Uint8Array(bytes), { headers }))
      const results = await collect(marquee.ratings.exportRatings({}))
      expect(results).toMatchObject([{ ok: false, error: { code: 'unavailable' } }])
    }
  })

  test('a message that is longer than the bound is not read', async () => {
    const headers = { 'content-type': 'application/connect+proto' }
    const prefix = new Uint8Array([0, 255, 255, 255, 255])
    const marquee = answeredBy(() => new Response(prefix, { headers }))
    const results = await collect(marquee.ratings.exportRatings({}))
    expect(results).toMatchObject([{ ok: false, error: { code: 'resource_exhausted' } }])
  })

  test('a stream that the service refuses is an error', async () => {
    const { marquee } = openMarquee({})
    const results = await collect(marquee.ratings.exportRatings({}))
    expect(results).toMatchObject([{ ok: false, error: { code: 'unimplemented' } }])
  })
})
