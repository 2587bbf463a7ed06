import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { root } from '@marquee/testing/tools'
import { bindingsOf } from '@marquee/transcode/binding'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService, DeadLetterService, SystemService } from '../../gen/system/v1/system_pb.ts'

let folder: TemporaryFolder
let program: Program
let urls: Readonly<Record<'metadata' | 'rating' | 'movie', string>>

beforeAll(async () => {
  folder = await temporaryFolder()
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const args = [...ports, '--data', `${folder.path}/data`, '--log-format', 'json']
  program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
  const urlOf = async (name: string) => {
    const [, url = ''] = await program.waitForLine(new RegExp(`^ +${name} +(http://\\S+)$`, 'm'))
    return url
  }
  urls = {
    metadata: await urlOf('metadata'),
    rating: await urlOf('rating'),
    movie: await urlOf('movie'),
  }
}, 60_000)

afterAll(async () => {
  await program[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function call(method: string, url: string, json?: unknown, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function json(method: string, url: string, body?: unknown) {
  const { status, text } = await call(method, url, body)
  return [status, JSON.parse(text)] as const
}

test('every RPC has a REST route', () => {
  const services = [MetadataService, RatingService, MovieService]
  const all = [...services, ActivityService, DeadLetterService, SystemService]
  const without = all.flatMap(({ methods }) => methods).filter((rpc) => !bindingsOf(rpc).length)
  expect(without.map(({ name }) => name)).toEqual([])
})

test('docs/rest.md lists every route', () => {
  const services = [MovieService, MetadataService, RatingService]
  const all = [...services, DeadLetterService, SystemService, ActivityService]
  const routes = all
    .flatMap(({ methods }) => methods)
    .flatMap((rpc) =>
      bindingsOf(rpc).map(({ method, template }) => {
        return `${method} ${template.text} ${rpc.parent.name}.${rpc.name}`
      }),
    )
  const page = readFileSync(join(root, 'docs/rest.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(.+)` +\| (\S+) +\|$/gm)]
  expect(rows.map(([, route, rpc]) => `${route} ${rpc}`)).toEqual(routes)
})

describe.each(['itself', 'movie'])('at %s', (place) => {
  const at = (service: 'metadata' | 'rating') => urls[place === 'movie' ? 'movie' : service]
  const id = `a/b%c:é?${place}`
  const path = `/v1/movies/${encodeURIComponent(id)}`

  test('a movie is put, read, listed and deleted', async () => {
    const url = at('metadata') + path
    const movie = { title: `Zébra ${place}`, year: 2001, genres: ['Drama'] }
    expect(await json('PUT', url, movie)).toMatchObject([200, { id, ...movie }])
    expect(await json('GET', url)).toMatchObject([200, { id, ...movie }])
    const list = `${at('metadata')}/v1/movies?query=${encodeURIComponent(movie.title)}&page_size=5`
    expect(await json('GET', list)).toMatchObject([200, { metadata: [{ id }] }])
    const batch = `${at('metadata')}/v1/movies:batchGet?movie_ids=none`
    expect(await json('GET', batch)).toEqual([200, { missingMovieIds: ['none'] }])
    expect(await json('DELETE', url)).toEqual([200, { deleted: true }])
    expect(await json('GET', url)).toMatchObject([404, { code: 'not_found' }])
  })

  test('a rating is put, read, aggregated and deleted', async () => {
    const url = at('rating') + path
    const [, aggregate] = await json('PUT', `${url}/ratings/u%2F1`, { value: 4.5 })
    expect(aggregate).toMatchObject({ recordId: id, recordType: 'movie', count: 1, mean: 4.5 })
    const rating = { recordId: id, userId: 'u/1', value: 4.5 }
    expect(await json('GET', `${url}/ratings/u%2F1`)).toMatchObject([200, rating])
    const other = url.replace('/v1/movies/', '/v1/records/movie/')
    expect(await json('GET', `${other}/rating`)).toEqual(await json('GET', `${url}/rating`))
    const [status, refusal] = await json('PUT', `${url}/ratings/u%2F1`, { value: 4.6 })
    expect([status, refusal.code]).toEqual([400, 'invalid_argument'])
    expect(refusal.details.map(({ type }: { type: string }) => type)).toEqual([
      'buf.validate.Violations',
      'google.rpc.BadRequest',
      'google.rpc.ErrorInfo',
    ])
    const metadata = { min: '0.5', max: '5', step: '0.5' }
    const info = { reason: 'VALUE_OFF_SCALE', domain: 'marquee', metadata }
    expect(refusal.details[2].debug).toEqual(info)
    expect(await json('DELETE', `${url}/ratings/u%2F1`)).toEqual([200, { deleted: true }])
    expect(await json('GET', `${url}/rating`)).toMatchObject([404, { code: 'not_found' }])
  })

  test('lines of JSON are imported', async () => {
    const ratings = [1, 2].map((value) =>
      JSON.stringify({ rating: { recordId: id, recordType: 'movie', userId: `u${value}`, value } }),
    )
    const response = await fetch(`${at('rating')}/v1/ratings:import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ratings.join('\n'),
    })
    expect(await response.json()).toEqual({ createdCount: 2 })
    const watch = await fetch(`${at('rating')}/v1/aggregatedRatings:watch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ records: [{ recordId: id, recordType: 'movie' }] }),
    })
    expect(watch.headers.get('content-type')).toBe('text/event-stream')
    const reader = watch.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    await reader?.cancel()
    expect(new TextDecoder().decode(value)).toMatch(
      /^id: \d+\ndata: {"aggregatedRating":{"recordId":/,
    )
    const top = 'top.record_type=movie&top.limit=1'
    const list = await fetch(`${at('rating')}/v1/aggregatedRatings:watch?${top}`)
    const lines = list.body?.getReader()
    const first = await lines?.read()
    await lines?.cancel()
    expect(JSON.parse(new TextDecoder().decode(first?.value).split('\n')[0] ?? '')).toHaveProperty(
      'top',
    )
  })

  test('a stream of events that was lost continues by Last-Event-ID', async () => {
    const url = `${at('rating')}/v1/aggregatedRatings:watch?record_type=movie`
    const firstEvent = async (lastId?: string) => {
      const accept = { accept: 'text/event-stream' }
      const headers = { ...accept, ...(lastId !== undefined && { 'last-event-id': lastId }) }
      const response = await fetch(url, { headers })
      const reader = response.body?.getReader()
      let text = ''
      while (!text.includes('\n\n')) text += new TextDecoder().decode((await reader?.read())?.value)
      await reader?.cancel()
      const [, eventId = '', data = ''] = /^id: (\d+)\ndata: (.*)\n\n/.exec(text) ?? []
      return { eventId, message: JSON.parse(data) }
    }
    const rate = (value: number) => json('PUT', `${at('rating')}${path}/ratings/resumed`, { value })
    const [, { revision }] = await rate(2)
    const { eventId, message } = await firstEvent(`${revision}`)
    expect([eventId, message]).toEqual([
      `${revision}`,
      { resumeRevision: revision, caughtUp: true },
    ])
    await rate(3)
    const next = await firstEvent(eventId)
    expect(next.message).toMatchObject({ aggregatedRating: { recordId: id } })
    expect(Number(next.eventId)).toBeGreaterThan(Number(eventId))
  })

  test('HEAD, OPTIONS, an ETag and problems work', async () => {
    const url = `${at('metadata')}/v1/movies?page_size=1`
    const whole = await call('GET', url)
    const head = await call('HEAD', url)
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(whole.text)))
    const etag = whole.headers.get('etag') ?? ''
    expect((await call('GET', url, undefined, { 'if-none-match': etag })).status).toBe(304)
    const options = await call('OPTIONS', `${at('metadata')}${path}`)
    expect(options.headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH, PUT, OPTIONS')
    expect((await call('POST', `${at('metadata')}${path}`)).status).toBe(405)
    const accept = { accept: 'application/problem+json' }
    const problem = await call('GET', `${at('metadata')}/v1/movies/none`, undefined, accept)
    expect(JSON.parse(problem.text)).toMatchObject({
      ...{ status: 404, code: 'not_found' },
      ...{ reason: 'MOVIE_NOT_FOUND', metadata: { movieId: 'none' } },
    })
    expect((await call('GET', `${at('metadata')}/v1/none`)).status).toBe(404)
  })
})

test('the older routes have the errors that they had', async () => {
  const text = '{"code":"not_found","message":"no metadata of the movie \\"none\\""}'
  for (const route of [`${urls.movie}/movie?id=none`, `${urls.metadata}/metadata?id=none`]) {
    expect(await call('GET', route)).toMatchObject({ status: 404, text })
  }
  const query = 'id=1&type=movie&userId=u&value=9'
  const { text: refusal } = await call('PUT', `${urls.rating}/rating?${query}`)
  expect(JSON.parse(refusal).details).toMatchObject([{ type: 'buf.validate.Violations' }])
})

const accepts = { accept: 'application/problem+json' }

test.each([
  ['movie', 'GET /movie?id=none', 404, accepts],
  ['movie', 'GET /movie', 400, accepts],
  ['movie', 'DELETE /movie?id=1', 405, accepts],
  ['movie', 'GET /movie/watch?id=none', 406, accepts],
  ['movie', 'GET /movie/watch?id=none', 404, { accept: `text/event-stream, ${accepts.accept}` }],
  ['metadata', 'GET /metadata?id=none', 404, accepts],
  ['metadata', 'GET /metadata?id=1&id=2', 400, accepts],
  ['metadata', 'PUT /metadata?id=1', 400, accepts],
  ['metadata', 'PUT /metadata?id=1', 412, { ...accepts, 'if-match': '"k3x"' }],
  ['metadata', 'PUT /metadata?id=1', 413, accepts],
  ['metadata', 'PUT /metadata?id=1', 415, { ...accepts, 'content-encoding': 'compress' }],
  ['rating', 'GET /rating?id=none&type=movie', 404, accepts],
  ['rating', 'GET /rating?id=none&type=movie&userId=u', 404, accepts],
  ['rating', 'PUT /rating?id=1&type=movie&userId=u&value=9', 400, accepts],
  ['rating', 'GET /rating/watch?type=movie', 406, accepts],
] as const)(
  'the older routes have problems for clients that accept them: at %s, %s is %i',
  async (service, request, status, headers) => {
    const [method = '', path = ''] = request.split(' ')
    const body = status === 413 ? 'x'.repeat(5_000_000) : '[]'
    const init = { method, headers, ...(method === 'PUT' && { body }) }
    const response = await fetch(urls[service] + path, init)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      ...[status, accepts.accept],
    ])
    expect(response.headers.get('vary')?.toLowerCase()).toContain('accept')
    const texts = {
      title: expect.any(String),
      detail: expect.any(String),
      code: expect.any(String),
    }
    expect(await response.json()).toMatchObject({ type: 'about:blank', status, ...texts })
  },
)

test('movie joins metadata and rating', async () => {
  const url = `${urls.movie}/v1/movies/joined`
  await json('PUT', url, { title: 'Joined' })
  const details = { metadata: { id: 'joined' }, ratingStatus: 'RATING_STATUS_NOT_RATED' }
  expect(await json('GET', `${url}/details`)).toMatchObject([200, details])
  const list = `${urls.movie}/v1/movies:listDetails?query=joined&order=ORDER_TITLE`
  expect(await json('GET', list)).toMatchObject([200, { movies: [details] }])
  const watch = await fetch(`${url}/details:watch`)
  const reader = watch.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  await reader?.cancel()
  expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject(details)
})

test('a path of movies reaches ratings of movies only', async () => {
  const url = `${urls.movie}/v1/movies/typed/ratings/ann`
  const put = await json('PUT', url, { value: 4, recordType: 'song' })
  expect(put).toMatchObject([200, { recordType: 'movie', count: 1 }])
  const [status, { message }] = await json('DELETE', `${url}?record_type=song`)
  expect(status).toBe(400)
  expect(message).toBe('the parameter "record_type" is set by the path: leave it out')
  expect((await json('GET', url))[0]).toBe(200)
  const songs = await json('GET', `${urls.movie}/v1/records/song/typed/ratings/ann`)
  expect(songs[0]).toBe(404)
})

test('an error of metadata has its reason also where movie calls it', async () => {
  const url = `${urls.movie}/v1/movies/none-at-all`
  const { status, text } = await call('DELETE', url, undefined, { 'if-match': '*', ...accepts })
  expect([status, JSON.parse(text)]).toMatchObject([412, { reason: 'ETAG_MISMATCH' }])
  const list = `${urls.movie}/v1/movies:listDetails?filter=nope%20==%201`
  const [, refusal] = await json('GET', list)
  expect(refusal.details).toContainEqual(
    expect.objectContaining({
      type: 'google.rpc.ErrorInfo',
      debug: expect.objectContaining({ reason: 'QUERY_INVALID' }),
    }),
  )
})

test('calls by REST are counted with their routes', async () => {
  await call('GET', `${urls.metadata}/v1/movies?page_size=1`)
  const { text } = await call('GET', `${urls.metadata}/metrics`)
  expect(text).toMatch(
    /method="GET \/v1\/movies".*protocol="rest"|protocol="rest".*method="GET \/v1\/movies"/,
  )
})
