import { createRouterTransport } from '@connectrpc/connect'
import { createMetrics } from '@marquee/service/metrics/metrics'
import { createHealth } from '@marquee/service/process/health'
import { appOrigin, type FetchableApp } from '@marquee/testing/app-transport'
import { pino } from 'pino'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { createMetadataApp } from '../../services/metadata/service.ts'
import { createMemoryMetadataStore } from '../../services/metadata/store/memory.ts'
import { openDoor } from '../../services/movie/door.ts'
import { createMovieApp } from '../../services/movie/service.ts'
import { createMetadataSource, createRatingSource } from '../../services/movie/upstream.ts'
import { defaultRules } from '../../services/rating/scoring.ts'
import { createRatingApp } from '../../services/rating/service.ts'
import { createMemoryRatingStore } from '../../services/rating/store/memory.ts'
import { createSeparateWatches } from '../../services/rating/watch.ts'

export const serviceNames = ['metadata', 'rating', 'movie'] as const
export type ServiceName = (typeof serviceNames)[number]

// biome-ignore lint/suspicious/noExplicitAny: the shape of the document is what the tests check
export type OpenApi = any

/** Returns the app of a service, without a port. Movie has the routes of the others too. */
export async function appOf(name: ServiceName): Promise<FetchableApp> {
  const log = pino({ level: 'silent' })
  const health = createHealth(new AbortController().signal)
  const base = { log, metrics: createMetrics(), health }
  if (name === 'metadata') return createMetadataApp({ ...base, store: createMemoryMetadataStore() })
  if (name === 'rating') {
    const store = createMemoryRatingStore({ rules: defaultRules })
    return createRatingApp({ ...base, store, watches: createSeparateWatches(store) })
  }
  const nobody = createRouterTransport(() => {})
  return createMovieApp({
    ...base,
    sources: { metadata: createMetadataSource(nobody), ratings: createRatingSource(nobody) },
    door: await openDoor(createStaticRegistry({ addresses: {} })),
  })
}

/** Returns the text of the OpenAPI document of a service. */
export async function documentTextOf(name: ServiceName): Promise<string> {
  const app = await appOf(name)
  const response = await app.fetch(new Request(`${appOrigin}/openapi.json`))
  return response.text()
}
