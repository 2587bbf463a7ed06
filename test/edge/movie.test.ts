import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { testWith } from '@marquee/testing/requirements'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { onBun, platforms } from './platforms.ts'

const put = { method: 'PUT' }
const rate = (url: string, userId: string) =>
  fetch(`${url}/rating?id=alien&type=movie&userId=${userId}&value=5`, put)

for (const platform of platforms) {
  testWith(
    platform.found,
    `movie on ${platform.name} calls metadata and rating by Connect`,
    async () => {
      await using metadata = await platform.start('metadata')
      await using rating = await onBun.start('rating')
      const env = { METADATA_URL: metadata.url, RATING_URL: rating.url }
      await using movie = await platform.start('movie', env)
      const body = JSON.stringify({ title: 'Alien' })
      await fetch(`${metadata.url}/metadata?id=alien`, { ...put, body })
      // The first request of a service compiles its rules, which takes long on a busy machine.
      await fetch(`${rating.url}/rating?id=alien&type=movie`)

      const client = createClient(MovieService, createConnectTransport({ baseUrl: movie.url }))
      const { movieDetails } = await client.getMovieDetails({ movieId: 'alien' })
      expect(movieDetails?.metadata?.title).toBe('Alien')
      expect(movieDetails?.ratingStatus).toBe(RatingStatus.NOT_RATED)

      const leave = new AbortController()
      const first = client.watchMovieDetails({ movieId: 'alien' }, { signal: leave.signal })
      const second = client.watchMovieDetails({ movieId: 'alien' })
      const leaver = first[Symbol.asyncIterator]()
      const stayer = second[Symbol.asyncIterator]()
      const count = async (viewer: typeof stayer) =>
        (await viewer.next()).value?.movieDetails?.rating?.count
      expect(await count(leaver)).toBeUndefined()
      expect(await count(stayer)).toBeUndefined()
      leave.abort()
      await rate(rating.url, 'ann')
      // Whoever leaves takes nothing away from those who stay.
      expect(await count(stayer)).toBe(1n)

      const rest = await fetch(`${movie.url}/movie?id=alien`)
      expect(await rest.json()).toMatchObject({ rating: { count: '1' } })
      expect((await fetch(`${movie.url}/movie?id=nobody`)).status).toBe(404)
    },
    90_000,
  )

  testWith(
    platform.found,
    `movie on ${platform.name} responds without a rating that is unavailable`,
    async () => {
      await using metadata = await onBun.start('metadata')
      const env = { METADATA_URL: metadata.url, RATING_URL: 'http://127.0.0.1:9' }
      await using movie = await platform.start('movie', env)
      const body = JSON.stringify({ title: 'Alien' })
      await fetch(`${metadata.url}/metadata?id=alien`, { ...put, body })
      const rest = await fetch(`${movie.url}/movie?id=alien`)
      expect(await rest.json()).toMatchObject({ ratingStatus: 'RATING_STATUS_UNAVAILABLE' })
    },
    90_000,
  )
}

test('an address that is none is refused at the first request', async () => {
  await using movie = await onBun.start('movie', { METADATA_URL: 'nowhere' })
  expect((await fetch(`${movie.url}/livez`)).status).toBe(500)
})
