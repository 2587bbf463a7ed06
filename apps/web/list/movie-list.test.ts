import { expect, test } from 'bun:test'
import { Code, ConnectError, createRouterTransport, type ServiceImpl } from '@connectrpc/connect'
import { createMarquee } from '@marquee/client'
import { ListMoviesRequest_Order, MovieService, RatingStatus } from '@marquee/client/movie'
import { createRatingCache } from '../rating/rating-cache.ts'
import { createMovieList } from './movie-list.ts'

type ListMovies = ServiceImpl<typeof MovieService>['listMovies']

function open(listMovies: ListMovies) {
  const transport = createRouterTransport(({ service }) => {
    service(MovieService, { listMovies })
  })
  const clients = { movie: createMarquee({ baseUrl: '', transport, retryCountMax: 0 }) }
  const ratingCache = createRatingCache((callback) => callback())
  const list = createMovieList(clients, ratingCache)
  const titles = () => list.state.value.feed.movies.map(({ title }) => title)
  return { list, ratingCache, titles }
}

const movies = (...titles: string[]) =>
  titles.map((title) => ({
    metadata: { id: title.toLowerCase(), title },
    ratingStatus: RatingStatus.NOT_RATED,
  }))

async function settled({ list }: ReturnType<typeof open>) {
  while (list.state.value.status.startsWith('loading')) await Bun.sleep(1)
  return list.state.value
}

test('an empty top list is followed by the catalogue in the same load', async () => {
  const opened = open(({ order }) =>
    order === ListMoviesRequest_Order.TOP_RATED ? {} : { movies: movies('Alien', 'Brazil') },
  )
  void opened.list.show('top', '')
  expect(await settled(opened)).toMatchObject({ status: 'ready' })
  expect(opened.titles()).toEqual(['Alien', 'Brazil'])
  expect(opened.ratingCache.of('alien').value.status).toBe('not-rated')
})

test('an unavailable top list is replaced by the catalogue, and reloading tries it again', async () => {
  let down = true
  const opened = open(({ order }) => {
    if (order !== ListMoviesRequest_Order.TOP_RATED) return { movies: movies('Alien', 'Brazil') }
    if (down) throw new ConnectError('rating is down', Code.Unavailable)
    return { movies: movies('Brazil') }
  })
  void opened.list.show('top', '')
  expect((await settled(opened)).feed.withoutTop).toBe(true)
  expect(opened.titles()).toEqual(['Alien', 'Brazil'])
  down = false
  opened.list.reload()
  expect((await settled(opened)).feed).toMatchObject({ withoutTop: false, topCount: 1 })
  expect(opened.titles()).toEqual(['Brazil'])
  opened.list.more()
  await settled(opened)
  expect(opened.titles()).toEqual(['Brazil', 'Alien'])
})

test('the previous results stay until the new response arrives, and an old response is dropped', async () => {
  const responses = new Map([
    ['a', Promise.withResolvers<string>()],
    ['al', Promise.withResolvers<string>()],
  ])
  const opened = open(async ({ query }) => ({
    movies: movies((await responses.get(query)?.promise) ?? 'Everything'),
  }))
  void opened.list.show('title', '')
  await settled(opened)
  void opened.list.show('title', 'a')
  void opened.list.show('title', 'al')
  expect(opened.titles()).toEqual(['Everything'])
  responses.get('al')?.resolve('Alien')
  await settled(opened)
  responses.get('a')?.resolve('Amadeus')
  await Bun.sleep(5)
  expect(opened.titles()).toEqual(['Alien'])
})

test('a page that fails is loaded again from where the list ended', async () => {
  let failing = false
  const requested: string[] = []
  const opened = open(({ pageToken }) => {
    requested.push(pageToken)
    if (failing) throw new ConnectError('metadata is down', Code.Unavailable)
    return pageToken === ''
      ? { movies: movies('Alien'), nextPageToken: '2' }
      : { movies: movies('Brazil') }
  })
  void opened.list.show('title', '')
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
