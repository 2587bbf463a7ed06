import { expect, test } from 'bun:test'
import { createRouterTransport } from '@connectrpc/connect'
import { createMarquee } from '@marquee/client'
import { RatingService } from '@marquee/client/rating'
import { waitFor } from '@marquee/testing/wait-for'
import { signal } from '@preact/signals'
import type { ConnectionState } from '../live/connection.ts'
import { createRatingCache } from '../rating/rating-cache.ts'
import { watchRatings } from './watch-ratings.ts'

/** A time longer than the delay after which the stream is replaced, in milliseconds. */
const settledMs = 400

test('the stream is replaced when its movies change, and not when the list changes otherwise', async () => {
  const opened: string[][] = []
  const transport = createRouterTransport(({ service }) =>
    service(RatingService, {
      async *watchAggregatedRatings({ records }, { signal: ended }) {
        opened.push(records.map(({ recordId }) => recordId))
        yield { aggregatedRating: { recordId: 'alien', recordType: 'movie', count: 1n, mean: 4 } }
        await new Promise((resolve) => ended.addEventListener('abort', resolve))
      },
    }),
  )
  const marquee = createMarquee({ baseUrl: '', transport })
  const ratingCache = createRatingCache((callback) => callback())
  const movieIds = signal<readonly string[]>(['alien'])
  const stop = watchRatings({
    clients: { rating: async () => marquee },
    ratingCache,
    connection: signal<ConnectionState | undefined>(undefined),
    movieIds,
  })
  const isRated = () => ratingCache.of('alien').value.status === 'rated'
  await waitFor(isRated, { what: 'the rating' })
  movieIds.value = ['alien']
  await Bun.sleep(settledMs)
  movieIds.value = ['alien', 'brazil']
  await waitFor(() => opened.length > 1, { what: 'the stream of both movies' })
  stop()
  expect(opened).toEqual([['alien'], ['alien', 'brazil']])
})
