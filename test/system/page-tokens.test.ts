import { expect, test } from 'bun:test'
import { createClient, createRouterTransport } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { createAppTransport } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { createMetadataApp } from '../../services/metadata/service.ts'
import { createMemoryMetadataStore } from '../../services/metadata/store/memory.ts'
import { createMovieApp } from '../../services/movie/service.ts'
import { createMetadataSource, createRatingSource } from '../../services/movie/upstream.ts'

const titleLengthMax = 500
const idLengthMax = 128

test.each([
  // JSON writes each as six bytes, more than any other valid character.
  ['of control characters', '\u0001', ''],
  ['of emoji', '🎬', ''],
  ['that a long query finds', '🎬', '𐐨'.repeat(200)],
])('a walk by pages of one goes through the longest titles %s', async (_, filling, query) => {
  const { metadata, movies } = setUp()
  const ids = ['a', 'b', 'c'].map((last) => '🎬'.repeat(idLengthMax - 1) + last)
  const title = query + filling.repeat(titleLengthMax - [...query].length)
  for (const id of ids) await metadata.putMetadata({ metadata: { id, title } })

  const seenByMetadata = await walk(async (pageToken) => {
    const page = await metadata.listMetadata({ query, pageSize: 1, pageToken })
    return { ids: page.metadata.map(({ id }) => id), nextPageToken: page.nextPageToken }
  })
  const seenByMovie = await walk(async (pageToken) => {
    const page = await movies.listMovies({ query, pageSize: 1, pageToken })
    return { ids: page.movies.map((one) => one.metadata?.id), nextPageToken: page.nextPageToken }
  })
  expect([seenByMetadata, seenByMovie]).toEqual([ids, ids])
})

interface Page {
  readonly ids: readonly (string | undefined)[]
  readonly nextPageToken: string
}

async function walk(read: (pageToken: string) => Promise<Page>): Promise<Page['ids']> {
  const seen: (string | undefined)[] = []
  let pageToken = ''
  do {
    const page = await read(pageToken)
    seen.push(...page.ids)
    pageToken = page.nextPageToken
  } while (pageToken !== '' && seen.length < 10)
  return seen
}

/** Creates the movie service on the metadata service, without ratings. */
function setUp() {
  const base = () => ({
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    health: createHealth(new AbortController().signal),
  })
  const store = createMemoryMetadataStore()
  const upstream = createAppTransport(createMetadataApp({ store, ...base() }))
  const sources = {
    metadata: createMetadataSource(upstream),
    ratings: createRatingSource(createRouterTransport(() => {})),
  }
  const movie = createMovieApp({ sources, ...base() })
  return {
    metadata: createClient(MetadataService, upstream),
    movies: createClient(MovieService, createAppTransport(movie)),
  }
}
