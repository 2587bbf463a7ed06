import { describe, expect, test } from 'bun:test'
import { create, isFieldSet } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import {
  ExternalSource,
  MetadataSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { createMetadataApp } from './service.ts'
import { alien as completeMovie } from './store/contract/fixtures.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

const alien = { ...completeMovie, id: 'alien-1979', genres: [...completeMovie.genres] }

describe('GetMetadata', () => {
  test('GetMetadata returns everything that was put, and the time of the put', async () => {
    const { client } = setUp()
    await client.putMetadata({ metadata: alien })
    const { metadata } = await client.getMetadata({ movieId: alien.id })
    expect(metadata).toMatchObject({ ...alien, updateTime: timestampFromMs(now) })
  })

  test('GetMetadata of an unknown movie is NOT_FOUND, and names it', async () => {
    const { client } = setUp()
    const error = await failureOf(client.getMetadata({ movieId: 'nobody' }))
    expect([error.code, error.rawMessage]).toEqual([
      Code.NotFound,
      'no metadata of the movie "nobody"',
    ])
  })

  test.each([
    ['an empty id', ''],
    ['an id of 129 characters', 'x'.repeat(129)],
  ])('of %s is INVALID_ARGUMENT, and the detail names the field', async (_, movieId) => {
    const { client } = setUp()
    const error = await failureOf(client.getMetadata({ movieId }))
    expect(error.code).toBe(Code.InvalidArgument)
    const [detail] = error.findDetails(ViolationsSchema)
    expect(detail?.violations[0]?.field?.elements[0]?.fieldName).toBe('movie_id')
  })
})

describe('PutMetadata', () => {
  test('PutMetadata saves each field of the proto', async () => {
    const { client } = setUp()
    const message = create(MetadataSchema, alien)
    const unset = MetadataSchema.fields.filter((field) => !isFieldSet(message, field))
    // An extra one here is unknown to metadata.ts, rpc.ts or the fixture.
    expect(unset.map(({ name }) => name)).toEqual(['update_time', 'etag'])
    const { metadata } = await client.putMetadata({ metadata: message })
    const added = { updateTime: timestampFromMs(now), etag: expect.stringMatching(/^"[0-9a-z]+"$/) }
    expect(metadata).toEqual({ ...message, ...added })
  })

  test('PutMetadata creates, then replaces everything: an omitted field becomes empty', async () => {
    const { client } = setUp()
    expect(await client.putMetadata({ metadata: alien })).toMatchObject({ created: true })
    const replacement = { id: alien.id, title: 'Alien³' }
    const second = await client.putMetadata({ metadata: replacement })
    expect(second.created).toBe(false)
    const { metadata } = await client.getMetadata({ movieId: alien.id })
    expect(metadata).toEqual(second.metadata)
    expect(metadata).toMatchObject({ title: 'Alien³', description: '', director: '', genres: [] })
    expect(metadata).toMatchObject({ releaseDate: '' })
    for (const field of ['externalIds', 'year', 'runningTimeMinutes', 'imdbRating', 'imdbVotes']) {
      expect(metadata).not.toHaveProperty(field)
    }
  })

  test('PutMetadata sets the time itself, whatever the caller sends', async () => {
    const { client } = setUp()
    const metadata = { ...alien, updateTime: timestampFromMs(1) }
    const response = await client.putMetadata({ metadata })
    expect(response.metadata?.updateTime).toEqual(timestampFromMs(now))
  })

  test.each([
    ['no movie', undefined],
    ['an id with a space', { ...alien, id: 'a b' }],
    ['an empty title', { ...alien, title: '' }],
    ['the 13th month', { ...alien, releaseDate: '1979-13' }],
    ['the year 1500', { ...alien, year: 1500 }],
    ['33 genres', { ...alien, genres: Array.from({ length: 33 }, (_, n) => `genre ${n}`) }],
    ['a rating of 10.5', { ...alien, imdbRating: 10.5 }],
    ['an id at IMDb without tt', { ...alien, externalIds: { imdb: '0078748' } }],
    ['an id at TMDB from 0', { ...alien, externalIds: { tmdb: '0348' } }],
    [
      'a URI elsewhere',
      { ...alien, externalIds: { letterboxd: 'https://example.com/film/alien' } },
    ],
    ['an id at Trakt of letters', { ...alien, externalIds: { trakt: 'alien-1979' } }],
    ['an id at MovieLens of 11 digits', { ...alien, externalIds: { movielens: '12345678901' } }],
  ])('with %s is INVALID_ARGUMENT and stores nothing', async (_, metadata) => {
    const { client } = setUp()
    const error = await failureOf(client.putMetadata({ ...(metadata && { metadata }) }))
    expect(error.code).toBe(Code.InvalidArgument)
    expect((await client.listMetadata({})).metadata).toEqual([])
  })
})

test('BatchGetMetadata keeps the order of the request, and names missing movies', async () => {
  const { client, putTitles } = setUp()
  await putTitles('a', 'b', 'c')
  const movieIds = ['c', 'x', 'a', 'c', 'y', 'x']
  const response = await client.batchGetMetadata({ movieIds })
  expect(response.metadata.map(({ id }) => id)).toEqual(['c', 'a', 'c'])
  expect(response.missingMovieIds).toEqual(['x', 'y', 'x'])
})

test('BatchGetMetadata takes 1 to 500 ids', async () => {
  const { client } = setUp()
  const ask = (count: number) =>
    client.batchGetMetadata({ movieIds: Array.from({ length: count }, (_, n) => `${n}`) })
  expect((await ask(500)).missingMovieIds).toHaveLength(500)
  expect((await failureOf(ask(0))).code).toBe(Code.InvalidArgument)
  expect((await failureOf(ask(501))).code).toBe(Code.InvalidArgument)
})

test('BatchGetMovieIds tells one movie, no movie and several movies apart, in order', async () => {
  const { client } = setUp()
  const put = (id: string, externalIds: { imdb?: string; tmdb?: string }) =>
    client.putMetadata({ metadata: { id, title: id, externalIds } })
  await put('heat', { imdb: 'tt0113277', tmdb: '949' })
  for (let n = 9; n >= 1; n--) await put(`copy-${n}`, { imdb: 'tt0000001' })
  const externalIds = ['tt0000001', '949', 'tt0113277', 'tt9', 'tt0113277', '949']
  const response = await client.batchGetMovieIds({ source: ExternalSource.IMDB, externalIds })
  const heat = { externalId: 'tt0113277', movieId: 'heat' }
  expect(response).toMatchObject({
    matches: [heat, heat],
    missingExternalIds: ['949', 'tt9', '949'],
    ambiguities: [
      { externalId: 'tt0000001', movieIds: ['copy-1', 'copy-2', 'copy-3', 'copy-4', 'copy-5'] },
    ],
  })
})

test('BatchGetMovieIds takes a known source and 1 to 500 ids', async () => {
  const { client } = setUp()
  const find = (count: number, source: ExternalSource = ExternalSource.TMDB) =>
    client.batchGetMovieIds({
      source,
      externalIds: Array.from({ length: count }, (_, n) => `${n}`),
    })
  expect((await find(500)).missingExternalIds).toHaveLength(500)
  for (const refused of [
    find(0),
    find(501),
    find(1, ExternalSource.UNSPECIFIED),
    find(1, 99 as ExternalSource),
  ]) {
    expect((await failureOf(refused)).code).toBe(Code.InvalidArgument)
  }
})

test('DeleteMetadata reports whether the movie existed, and may be repeated', async () => {
  const { client } = setUp()
  await client.putMetadata({ metadata: alien })
  expect((await client.deleteMetadata({ movieId: alien.id })).deleted).toBe(true)
  expect((await client.deleteMetadata({ movieId: alien.id })).deleted).toBe(false)
  expect((await failureOf(client.getMetadata({ movieId: alien.id }))).code).toBe(Code.NotFound)
})

describe('ListMetadata', () => {
  test('ListMetadata pages to the end by title, then id, without repeats', async () => {
    const { client } = setUp()
    for (let n = 0; n < 23; n++) {
      const metadata = { id: `id-${n % 7}-${n}`, title: `Title ${n % 5}` }
      await client.putMetadata({ metadata })
    }
    const seen: string[] = []
    let pageToken = ''
    do {
      const page = await client.listMetadata({ pageSize: 4, pageToken })
      expect(page.metadata.length).toBeLessThanOrEqual(4)
      seen.push(...page.metadata.map(({ title, id }) => `${title} ${id}`))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(seen).toEqual(seen.toSorted())
    expect(new Set(seen).size).toBe(23)
  })

  test('ListMetadata ends a page early when its movies are long, and continues on the next page', async () => {
    const { client } = setUp()
    const ids = Array.from({ length: 250 }, (_, index) => `movie-${index}`)
    const description = 'x'.repeat(9_000)
    const messages = ids.map((id) => ({ metadata: { id, title: id, description } }))
    await client.importMetadata(stream(messages))
    const seen: string[] = []
    let [pageToken, pageCount] = ['', 0]
    do {
      const page = await client.listMetadata({ pageSize: 500, pageToken })
      seen.push(...page.metadata.map(({ id }) => id))
      pageToken = page.nextPageToken
      pageCount++
    } while (pageToken !== '')
    expect(pageCount).toBeGreaterThan(1)
    expect(seen.sort()).toEqual(ids.sort())
  })

  test('ListMetadata returns 50 movies by default, and at most 500', async () => {
    const { client } = setUp()
    const messages = Array.from({ length: 501 }, (_, n) => ({
      metadata: { id: `${n}`, title: `${n}` },
    }))
    await client.importMetadata(stream(messages))
    expect((await client.listMetadata({})).metadata).toHaveLength(50)
    expect((await client.listMetadata({ pageSize: 2 ** 31 - 1 })).metadata).toHaveLength(500)
  })

  test('ListMetadata finds the beginnings of words of title and director, ignoring case and accents', async () => {
    const { client } = setUp()
    await client.putMetadata({ metadata: alien })
    const amelie = { id: 'amelie', title: 'Amélie', director: 'Jean-Pierre Jeunet' }
    await client.putMetadata({ metadata: amelie })
    const find = async (query: string) =>
      (await client.listMetadata({ query })).metadata.map(({ id }) => id)
    expect(await find('AMELIE jeun')).toEqual(['amelie'])
    expect(await find('rid alien')).toEqual([alien.id])
    expect(await find('alein')).toEqual([alien.id])
    expect(await find('ridley amelie')).toEqual([])
  })

  test('ListMetadata finds nothing for a query without a word, and everything for an empty one', async () => {
    const { client, putTitles } = setUp()
    await putTitles('Alien', '!!!')
    for (const [query, count] of [
      ['!!!', 0],
      ['🎬', 0],
      ['\u0301', 0],
      ['', 2],
      ['  ', 2],
    ] as const) {
      const { metadata, nextPageToken } = await client.listMetadata({ query, pageSize: 1 })
      expect([query, metadata.length]).toEqual([query, Math.min(count, 1)])
      expect(nextPageToken !== '').toBe(count > 0)
    }
  })

  test('ListMetadata refuses a token of another query, an invented token, and a negative page size', async () => {
    const { client, putTitles } = setUp()
    await putTitles('a1', 'a2', 'a3')
    const { nextPageToken } = await client.listMetadata({ query: 'a', pageSize: 1 })
    expect(nextPageToken).not.toBe('')
    const other = await failureOf(client.listMetadata({ query: 'a2', pageToken: nextPageToken }))
    expect(other.code).toBe(Code.InvalidArgument)
    expect(other.rawMessage).toContain('page_token')
    const forged = await failureOf(client.listMetadata({ pageToken: 'W10' }))
    expect(forged.code).toBe(Code.InvalidArgument)
    const negative = await failureOf(client.listMetadata({ pageSize: -1 }))
    expect(negative.code).toBe(Code.InvalidArgument)
  })
})

test('ListMetadata filters, orders and counts', async () => {
  const { client } = setUp()
  const movies = [
    { id: '1', title: 'Alien', year: 1979, genres: ['Horror'], imdbRating: 8.5 },
    { id: '2', title: 'Heat', year: 1995, genres: ['Crime', 'Drama'], imdbRating: 8.2 },
    { id: '3', title: 'Casino', year: 1995, genres: ['Crime'] },
  ]
  for (const metadata of movies) await client.putMetadata({ metadata })
  const filter = 'year > 1990 && "Crime" in genres'
  const request = { filter, orderBy: 'year desc, title desc', includeFacets: true, pageSize: 1 }
  const page = await client.listMetadata(request)
  expect(page.metadata.map(({ id }) => id)).toEqual(['2'])
  expect(page.totalSize).toBe(2)
  expect(page.facets?.genres.map(({ genre, count }) => [genre, count])).toEqual([
    ['Crime', 2],
    ['Drama', 1],
  ])
  expect(page.facets?.decades).toMatchObject([{ firstYear: 1990, count: 2 }])
  expect(page.facets?.letters.map(({ letter, count }) => [letter, count])).toEqual([
    ['C', 1],
    ['H', 1],
  ])
  const rest = await client.listMetadata({ ...request, pageToken: page.nextPageToken })
  expect(rest.metadata.map(({ id }) => id)).toEqual(['3'])
  expect(rest.nextPageToken).toBe('')
  const { metadata, totalSize, facets } = await client.listMetadata({ orderBy: 'imdb_rating' })
  expect(metadata.map(({ id }) => id)).toEqual(['2', '1', '3'])
  expect([totalSize, facets]).toEqual([3, undefined])
})

test.each([
  [
    { filter: 'year = 1990' },
    'filter: 1:6: found = but expecting end of input: to compare, write ==',
  ],
  [
    { filter: 'votes > 3' },
    'filter: a movie has no "votes", but id, title, director, genres, year',
  ],
  [{ filter: 'rating.votes > 3' }, 'filter: a movie has no "rating.votes", but id, title'],
  [{ filter: 'rating > 3' }, 'filter: a movie has no "rating", but id, title'],
  [{ filter: 'has(rating.mean)' }, 'filter: a filter is made of comparisons'],
  [{ filter: 'year > "x"' }, 'filter: a filter is made of comparisons such as year >= 1990'],
  [{ filter: 'true' }, 'filter: a filter is made of comparisons'],
  [{ filter: Array(33).fill('year>1').join('||') }, 'filter has more than 32 comparisons'],
  [{ orderBy: 'rank' }, 'order_by has "rank": a property is one of relevance, title, year'],
  [{ orderBy: 'year down' }, 'order_by has "year down"'],
  [{ orderBy: 'year,year desc' }, 'order_by names a property twice'],
  [{ orderBy: 'relevance' }, 'order_by relevance needs a query'],
  [{ orderBy: 'a,b,c,d' }, 'order_by has "a"'],
])('ListMetadata refuses %j and says why', async (request, text) => {
  const { client } = setUp()
  const error = await failureOf(client.listMetadata(request))
  expect(error.code).toBe(Code.InvalidArgument)
  expect(error.rawMessage).toContain(text)
})

describe('ImportMetadata', () => {
  test('ImportMetadata counts created, replaced and refused movies, with the reason by position', async () => {
    const { client } = setUp()
    await client.putMetadata({ metadata: { id: 'old', title: 'Old' } })
    const summary = await client.importMetadata(
      stream([
        { metadata: { id: 'old', title: 'New' } },
        { metadata: { id: 'a', title: '' } },
        {},
        { metadata: { id: 'b', title: 'B' } },
        { metadata: { id: 'b', title: 'B again' } },
      ]),
    )
    expect(summary).toMatchObject({ createdCount: 1n, replacedCount: 2n, refusedCount: 2n })
    expect(summary.refusals).toMatchObject([
      { index: 1n, movieId: 'a', reason: expect.stringContaining('title') },
      { index: 2n, movieId: '', reason: expect.stringContaining('metadata') },
    ])
    const { metadata } = await client.batchGetMetadata({ movieIds: ['old', 'b'] })
    expect(metadata.map(({ title }) => title)).toEqual(['New', 'B again'])
  })

  test('ImportMetadata counts every refusal, and describes the first 20', async () => {
    const { client } = setUp()
    const movies = Array.from({ length: 1_200 }, (_, n) => ({
      metadata: { id: `${n}`, title: n % 2 === 0 ? '' : `${n}` },
    }))
    const summary = await client.importMetadata(stream(movies))
    expect(summary).toMatchObject({ createdCount: 600n, refusedCount: 600n })
    expect(summary.refusals.map(({ index }) => Number(index))).toEqual(
      Array.from({ length: 20 }, (_, n) => 2 * n),
    )
  })
})

describe('a cache that revalidates gets', () => {
  test.each([
    ['GetMetadata', { movieId: 'a' }],
    ['BatchGetMetadata', { movieIds: ['a', 'b'] }],
    ['ListMetadata', {}],
  ])('by %s 304 until something is written', async (method, message) => {
    const { app, putTitles } = setUp()
    await putTitles('a')
    const query = new URLSearchParams({
      connect: 'v1',
      encoding: 'json',
      message: JSON.stringify(message),
    })
    const url = `${appOrigin}/metadata.v1.MetadataService/${method}?${query}`
    const ask = (etag?: string | null) =>
      app.request(url, { ...(etag && { headers: { 'if-none-match': etag } }) })
    const first = await ask()
    expect(first.status).toBe(200)
    const etag = first.headers.get('etag')
    expect(etag).toMatch(/^W\/"[0-9a-z]+"$/)
    const again = await ask(etag)
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    await putTitles('a')
    const changed = await ask(etag)
    expect(changed.status).toBe(200)
    expect(changed.headers.get('etag')).not.toBe(etag)
  })

  test('REST revalidates the same way', async () => {
    const { app, putTitles } = setUp()
    await putTitles('a')
    const etag = (await app.request('/metadata?id=a')).headers.get('etag') ?? ''
    const headers = { 'if-none-match': `"other", ${etag.slice(2)}` }
    expect((await app.request('/metadata?id=a', { headers })).status).toBe(304)
    await putTitles('a')
    expect((await app.request('/metadata?id=a', { headers })).status).toBe(200)
  })
})

describe('REST', () => {
  test('PUT creates with 201, replaces with 200, and GET returns the movie', async () => {
    const { put, app } = setUp()
    const { id, ...movie } = alien
    expect((await put(`/metadata?id=${id}`, JSON.stringify(movie))).status).toBe(201)
    const second = await put(`/metadata?id=${id}`, JSON.stringify(movie))
    expect(second.status).toBe(200)
    const response = await app.request(`/metadata?id=${id}`)
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(await response.json()).toEqual({ ...alien, updateTime: new Date(now).toISOString() })
  })

  test('HEAD responds like GET, without the body', async () => {
    const { putTitles, app } = setUp()
    await putTitles('a')
    const response = await app.request('/metadata?id=a', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test.each([
    ['no id', '/metadata', 400, 'invalid_argument'],
    ['an unknown movie', '/metadata?id=x', 404, 'not_found'],
    ['another path', '/metadatas', 404, 'unimplemented'],
  ])('GET with %s (%s) is %d', async (_, path, status, code) => {
    const response = await setUp().app.request(path)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code, message: expect.any(String) })
  })

  test.each([
    ['what is no JSON', '{', 400],
    ['an array', '[]', 400],
    ['a field of another type', '{"title": 7}', 400],
    ['no title', '{}', 400],
    ['more than 4 MiB', JSON.stringify({ title: 'x'.repeat(4 * 1024 * 1024) }), 413],
  ])('PUT of %s is refused', async (_, body, status) => {
    const response = await setUp().put('/metadata?id=a', body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ message: expect.any(String) })
  })

  test('another method is 405, and Allow lists the methods', async () => {
    const response = await setUp().app.request('/metadata?id=a', { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([
      405,
      'GET, HEAD, PUT, OPTIONS',
    ])
  })
})

describe('app.fetch alone, without a port, responds to', () => {
  test.each([
    ['Connect', {}],
    ['Connect JSON', { json: true }],
    ['Connect GET', { useHttpGet: true }],
    ['gRPC-Web', { protocol: 'grpc-web' as const }],
    ['gRPC-Web JSON', { protocol: 'grpc-web' as const, json: true }],
  ])('%s: unary, client-streaming, and errors', async (_, options) => {
    const { app } = setUp()
    const client = createClient(MetadataService, createAppTransport(app, options))
    const imported = await client.importMetadata(stream([{ metadata: alien }]))
    expect(imported.createdCount).toBe(1n)
    const { metadata } = await client.getMetadata({ movieId: alien.id })
    expect(metadata).toMatchObject(alien)
    expect((await failureOf(client.getMetadata({ movieId: 'x' }))).code).toBe(Code.NotFound)
  })

  test('gRPC with UNIMPLEMENTED, because a fetch response carries no trailers', async () => {
    const { app } = setUp()
    const response = await app.request('/metadata.v1.MetadataService/GetMetadata', {
      method: 'POST',
      headers: { 'content-type': 'application/grpc' },
      body: new Uint8Array(5),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('grpc-status')).toBe(String(Code.Unimplemented))
    expect(response.headers.get('grpc-message')).toContain('call it by gRPC-Web or Connect')
  })
})

const now = Date.UTC(2026, 10, 23, 12, 0, 0, 250)

function setUp() {
  const app = createMetadataApp({
    store: createMemoryMetadataStore({ clock: () => now }),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(MetadataService, createAppTransport(app))
  const headers = { 'content-type': 'application/json' }
  return {
    app,
    client,
    put: (path: string, body: string) => app.request(path, { method: 'PUT', headers, body }),
    async putTitles(...titles: string[]) {
      for (const title of titles) await client.putMetadata({ metadata: { id: title, title } })
    },
  }
}

async function* stream<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages
}
