import { expect, test } from 'bun:test'
import { Code, createClient } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, createAppTransport } from '@marquee/testing/app-transport'
import { failureOf } from '@marquee/testing/failure-of'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { followStore } from './catalogue/follow.ts'
import type { RatingsState } from './ratings/follow-ratings.ts'
import { createRatedMovies } from './ratings/rated-movies.ts'
import { createMetadataApp } from './service.ts'
import { movie } from './store/contract/fixtures.ts'
import { createMemoryMetadataStore } from './store/memory.ts'

test('a list by ratings says which ratings it has, and a cache revalidates it when they change', async () => {
  const known = { unavailableSince: undefined, ratingCount: 3 }
  let state: RatingsState | undefined = { ...known, revision: 7 }
  const rated = createRatedMovies()
  const store = createMemoryMetadataStore()
  const catalogue = followStore(store, rated)
  const app = createMetadataApp({
    ...{ store, catalogue, ratings: { state: () => state }, log: pino({ level: 'silent' }) },
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const client = createClient(MetadataService, createAppTransport(app))
  await store.put(['a', 'b', 'c'].map((id) => movie(id)))
  rated.set('b', { count: 2, mean: 4.5, score: 4 })
  rated.set('c', { count: 1, mean: 5, score: 3 })
  const request = { orderBy: 'rating.bayesian_score desc', ratingCountMin: 1n }
  const page = await client.listMetadata(request)
  expect(page).toMatchObject({ metadata: [{ id: 'b' }, { id: 'c' }], totalSize: 2 })
  expect(page.ratings).toMatchObject({ revision: 7n, ratingCount: 3n })
  expect(page.ratings?.unavailableSince).toBeUndefined()
  expect((await client.listMetadata({ orderBy: 'year' })).ratings).toBeUndefined()

  const etags = new Set<string | null>()
  const path = `${appOrigin}/v1/movies?filter=rating.mean%3E4.6`
  const read = async () => {
    const response = await app.request(path)
    etags.add(response.headers.get('etag'))
    return await response.json()
  }
  expect(await read()).toMatchObject({ metadata: [{ id: 'c' }], ratings: { revision: 7 } })
  state = { ...known, revision: 8 }
  await read()
  state = { ...known, revision: 8, unavailableSince: new Date('2026-11-29T20:00:00Z') }
  expect(await read()).toMatchObject({ ratings: { unavailableSince: '2026-11-29T20:00:00Z' } })
  expect(etags.size).toBe(3)
  state = undefined
  const error = await failureOf(client.listMetadata(request))
  expect([error.code, error.rawMessage]).toEqual([
    Code.Unavailable,
    'the ratings are not read yet: call again later',
  ])
})
