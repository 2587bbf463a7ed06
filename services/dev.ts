/**
 * Runs all three services in one process, on the embedded defaults, with the demo catalogue: `bun
 * start`.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { openRegistry } from '@marquee/registry/open'
import { type Running, run } from '@marquee/service/process/run'
import { readVegaMovies } from '../producers/catalogue/vega.ts'
import { type DevConfig, readDevConfig } from './config.ts'
import { startMetadata } from './metadata/main.ts'
import { openMetadataStore } from './metadata/store/open.ts'
import { startMovie } from './movie/main.ts'
import { startRating } from './rating/main.ts'

/** Interval and number of the requests for `/readyz`. */
const readyPoll = { intervalMs: 20, count: 250 }

await run('start', readDevConfig, async (running, config) => {
  // Before the ports open, so that every response has the catalogue. When a port is in use, the
  // catalogue is there at the next start.
  const loadedCount = await loadDemoCatalogue(config.metadata.databaseUrl)
  if (loadedCount > 0) console.log(`Loaded the demo catalogue: ${loadedCount} movies.`)
  const registry = running.use(await openRegistry({ kind: 'in-process' }, running.log))
  const memory = new MemoryBudget({ bytesMax: config.memoryBytesMax })
  const named = (service: string): Running => ({ ...running, log: running.log.child({ service }) })
  const metadata = await startMetadata(named('metadata'), config.metadata, registry, memory)
  const rating = await startRating(named('rating'), config.rating, registry, memory)
  const commandUrls = { metadata: metadata.url, rating: rating.url }
  const page = { ...config.movie.page, commandUrls }
  const movie = await startMovie(named('movie'), { ...config.movie, page }, registry, memory)
  const urls = { metadata: metadata.url, rating: rating.url, movie: movie.url }
  const ready = await Promise.all(Object.values(urls).map(becomesReady))
  console.log(welcome(urls, !ready.includes(false)))
})

/** Resolves with true when `/readyz` says so, and with false when it has not after five seconds. */
async function becomesReady(url: string): Promise<boolean> {
  for (let count = 0; count < readyPoll.count; count++) {
    const { ok } = await fetch(`${url}/readyz`)
    if (ok) return true
    await wait(readyPoll.intervalMs)
  }
  return false
}

/** Saves the demo catalogue, completely or not at all, when there is no movie. */
async function loadDemoCatalogue(databaseUrl: DevConfig['metadata']['databaseUrl']) {
  await using store = await openMetadataStore(databaseUrl)
  const { movies: present } = await store.list({ words: [], limit: 1 })
  if (present.length > 0) return 0
  const movies = await Array.fromAsync(readVegaMovies())
  await store.put(movies)
  return movies.length
}

function welcome(
  urls: { metadata: string; rating: string; movie: string },
  isReady: boolean,
): string {
  const seconds = (performance.now() / 1000).toFixed(2)
  return `
${isReady ? `Ready after ${seconds} s.` : `Not ready after ${seconds} s: see /readyz of each service.`} Each port speaks gRPC, gRPC-Web, Connect, JSON and REST:

  metadata  ${urls.metadata}
  rating    ${urls.rating}
  movie     ${urls.movie}

The page: ${urls.movie}/

Try:

  curl '${urls.movie}/movie?id=the-matrix-1999'
  curl -X PUT '${urls.rating}/rating?id=the-matrix-1999&type=movie&userId=me&value=5'
  curl ${urls.movie}/movie.v1.MovieService/ListMovies -H 'content-type: application/json' -d '{"query":"kubrick"}'
`
}
