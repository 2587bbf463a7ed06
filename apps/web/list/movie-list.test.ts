import { expect, test } from 'bun:test'
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect'
import { createMarquee } from '@marquee/client'
import { MovieService, RatingStatus } from '@marquee/client/movie'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { signal } from '@preact/signals'
import { notRated } from '../rating/own-rating.ts'
import { createRatingCache } from '../rating/rating-cache.ts'
import { allMovies } from './list-view.ts'
import { createMovieList } from './movie-list.ts'

type ListMovies = ServiceImpl<typeof MovieService>['listMovies']

function open(listMovies: ListMovies, rated: readonly string[] = []) {
  const transport = createRouterTransport(({ service }) => {
    service(MovieService, { listMovies })
  })
  const clients = { movie: createMarquee({ baseUrl: '', transport, retryCountMax: 0 }) }
  const ratingCache = createRatingCache((callback) => callback())
  const ownRatings = {
    of: (id: string) => signal(notRated(rated.includes(id) ? 4 : undefined)),
  }
  const list = createMovieList({ clients, ratingCache, ownRatings })
  const titles = () => list.state.value.feed.movies.map(({ title }) => title)
  return { list, ratingCache, titles }
}

const byTitle = { ...allMovies, sort: 'title', descending: false } as const

const movies = (...titles: string[]) => ({
  movies: titles.map((title) => ({
    metadata: { id: title.toLowerCase(), title },
    ratingStatus: RatingStatus.NOT_RATED,
  })),
  totalSize: titles.length,
})

async function settled({ list }: ReturnType<typeof open>) {
  while (list.state.value.status.startsWith('loading')) await Bun.sleep(1)
  return list.state.value
}

test('a top list that nobody has rated is by IMDb in the same load', async () => {
  const opened = open(({ orderBy }) =>
    orderBy === 'imdb_votes desc' ? movies('Alien', 'Brazil') : {},
  )
  void opened.list.show(allMovies)
  const { status, feed } = await settled(opened)
  expect({ status, fallback: feed.fallback }).toEqual({ status: 'ready', fallback: 'no-ratings' })
  expect(opened.titles()).toEqual(['Alien', 'Brazil'])
  expect(opened.ratingCache.of('alien').value.status).toBe('not-rated')
})

test('an unavailable top list is by IMDb, and reloading tries it again', async () => {
  let down = true
  const opened = open(({ orderBy }) => {
    if (orderBy === 'imdb_votes desc') return movies('Alien', 'Brazil')
    if (down) throw new ConnectError('rating is down', Code.Unavailable)
    return movies('Brazil')
  })
  void opened.list.show(allMovies)
  expect((await settled(opened)).feed.fallback).toBe('unavailable')
  expect(opened.titles()).toEqual(['Alien', 'Brazil'])
  down = false
  opened.list.reload()
  expect((await settled(opened)).feed.fallback).toBeUndefined()
  expect(opened.titles()).toEqual(['Brazil'])
})

test('movies that the person has rated are left out, page after page', async () => {
  const opened = open(
    ({ pageToken }) =>
      pageToken === ''
        ? { ...movies('Alien', 'Brazil'), nextPageToken: '2' }
        : movies('Casablanca'),
    ['alien', 'brazil'],
  )
  void opened.list.show({ ...byTitle, hidesRated: true })
  await settled(opened)
  expect(opened.titles()).toEqual(['Casablanca'])
})

test('the first movie is that of the newest search', async () => {
  const opened = open(({ query }) => movies(query))
  void opened.list.show({ ...byTitle, query: 'a' })
  void opened.list.show({ ...byTitle, query: 'alien' })
  expect((await opened.list.first())?.title).toBe('alien')
})

test('a search that fails has no movies: those of the list before are removed', async () => {
  const opened = open(({ query }) => {
    if (query !== '') throw new ConnectError('metadata is down', Code.Unavailable)
    return movies('Alien')
  })
  await opened.list.show(byTitle)
  void opened.list.show({ ...byTitle, query: 'brazil' })
  expect(await opened.list.first()).toBeUndefined()
  const { status, feed } = opened.list.state.value
  expect({ status, query: feed.view.query }).toEqual({ status: 'failed', query: 'brazil' })
  expect(opened.titles()).toEqual([])
  expect(feed.totalSize).toBeUndefined()
})

test('the previous results stay until the new response arrives, and an old response is dropped', async () => {
  const responses = new Map([
    ['a', Promise.withResolvers<string>()],
    ['al', Promise.withResolvers<string>()],
  ])
  const opened = open(async ({ query }) =>
    movies((await responses.get(query)?.promise) ?? 'Everything'),
  )
  void opened.list.show(byTitle)
  await settled(opened)
  void opened.list.show({ ...byTitle, query: 'a' })
  void opened.list.show({ ...byTitle, query: 'al' })
  expect(opened.titles()).toEqual(['Everything'])
  responses.get('al')?.resolve('Alien')
  await settled(opened)
  responses.get('a')?.resolve('Amadeus')
  await Bun.sleep(5)
  expect(opened.titles()).toEqual(['Alien'])
})

test('an error stays while its request is repeated, and ends with a response', async () => {
  const failures = [true, true, false]
  const responses = failures.map(() => Promise.withResolvers<void>())
  let count = 0
  const opened = open(async () => {
    const index = count++
    await responses[index]?.promise
    if (failures[index]) throw new ConnectError('it is away', Code.Unavailable)
    return movies('Alien')
  })
  const shown = opened.list.show(byTitle)
  expect(opened.list.state.value.error).toBeUndefined()
  responses[0]?.resolve()
  await shown
  for (const response of responses.slice(1)) {
    opened.list.reload()
    expect(opened.list.state.value).toMatchObject({
      status: 'loading',
      error: { code: 'unavailable' },
    })
    response.resolve()
    await settled(opened)
  }
  expect(opened.list.state.value.error).toBeUndefined()
  expect(opened.titles()).toEqual(['Alien'])
})

test('a list that has ended is loaded again from its start', async () => {
  let day = 1
  const opened = open(({ pageToken }) => {
    if (pageToken === '') return { ...movies(`Day ${day}`), nextPageToken: String(day) }
    if (pageToken === String(day)) return movies(`More of ${day}`)
    const info = { desc: ErrorInfoSchema, value: { reason: 'PAGE_TOKEN_INVALID' } }
    throw new ConnectError('it has ended', Code.InvalidArgument, undefined, [info])
  })
  await opened.list.show(byTitle)
  day = 2
  opened.list.more()
  expect((await settled(opened)).error?.reason).toBe('PAGE_TOKEN_INVALID')
  opened.list.reload()
  expect((await settled(opened)).error).toBeUndefined()
  expect(opened.titles()).toEqual(['Day 2'])
})

test('a page that fails is loaded again from where the list ended', async () => {
  let failing = false
  const requested: string[] = []
  const opened = open(({ pageToken }) => {
    requested.push(pageToken)
    if (failing) throw new ConnectError('metadata is down', Code.Unavailable)
    return pageToken === '' ? { ...movies('Alien'), nextPageToken: '2' } : movies('Brazil')
  })
  void opened.list.show(byTitle)
  await settled(opened)
  failing = true
  opened.list.more()
  expect(await settled(opened)).toMatchObject({ status: 'failed', failureCount: 1 })
  expect(opened.titles()).toEqual(['Alien'])
  failing = false
  opened.list.reload()
  expect(await settled(opened)).toMatchObject({ status: 'ready', failureCount: 0 })
  expect(opened.titles()).toEqual(['Alien', 'Brazil'])
  expect(requested).toEqual(['', '2', '2'])
})
