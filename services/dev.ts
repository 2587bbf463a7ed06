/**
 * Runs all three services in one process, on the embedded defaults, with the demo catalogue: `bun
 * start`.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { openRegistry } from '@marquee/registry/open'
import type { KeySource } from '@marquee/service/auth/load-keys'
import type { AuthOptions } from '@marquee/service/flags/auth'
import { type Running, run } from '@marquee/service/process/run'
import { readVegaMovies } from '../producers/catalogue/vega.ts'
import { type DevConfig, readDevConfig } from './config.ts'
import { startMetadata } from './metadata/main.ts'
import { openMetadataStore } from './metadata/store/open.ts'
import { startMovie } from './movie/main.ts'
import { startRating } from './rating/main.ts'

/** Interval and number of the requests for `/readyz`. */
const readyPoll = { intervalMs: 20, count: 250 }

/** A movie of the demo catalogue with its number of votes, by which a later start recognises it. */
const landmark = { id: 'the-matrix-1999', imdbVotes: 380_934 }

/** Year of the demo catalogue, and notice of the page about it and its ratings. */
const demoYear = 2010
const demoNotice = `Sample data: vega-datasets, to ${demoYear}; ratings are simulated`

await run('start', readDevConfig, async (running, config) => {
  // Before the ports open, so that every response has the catalogue. When a port is in use, the
  // catalogue is there at the next start.
  const demo = await loadDemoCatalogue(config.metadata.databaseUrl)
  if (demo.loadedCount > 0) console.log(`Loaded the demo catalogue: ${demo.loadedCount} movies.`)
  const { auth } = config.movie
  const identity = auth.tokens && (await createOwnIdentity(auth.tokens.audiences))
  const registry = running.use(await openRegistry({ kind: 'in-process' }, running.log))
  const memory = new MemoryBudget({ bytesMax: config.memoryBytesMax })
  const named = (service: string): Running => ({ ...running, log: running.log.child({ service }) })
  // Metadata follows the ratings.
  const rating = await startRating(
    named('rating'),
    trust(config.rating, identity),
    registry,
    memory,
  )
  const metadata = await startMetadata(
    named('metadata'),
    trust(config.metadata, identity),
    registry,
    memory,
  )
  const page = pageOf(config.movie, demo.isPresent)
  const ofMovie = { ...trust(config.movie, identity), ...(identity && { identity }), page }
  const movie = await startMovie(named('movie'), ofMovie, registry, memory)
  const urls = { metadata: metadata.url, rating: rating.url, movie: movie.url }
  const ready = await Promise.all(Object.values(urls).map(becomesReady))
  console.log(welcome(urls, !ready.includes(false), auth.tokens === undefined))
})

/** Creates the identity of movie for this process, with the keys to verify it. */
async function createOwnIdentity(audiences: readonly string[]) {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true })
  const ids = { kid: 'movie', alg: 'EdDSA' }
  const keys = { keys: [{ ...(await exportJWK(publicKey)), ...ids }] }
  const key = { ...(await exportJWK(privateKey)), ...ids }
  const issuer = `marquee:start:${crypto.randomUUID()}`
  return { name: 'movie', issuer, audience: audiences[0] ?? '', key, keys: { keys } }
}

/** Adds the identity of movie to the issuers that a service accepts. */
function trust<T extends { readonly auth: AuthOptions }>(
  options: T,
  identity: { issuer: string; keys: KeySource } | undefined,
): T {
  const { tokens } = options.auth
  if (tokens === undefined || identity === undefined) return options
  const issuers = [...tokens.issuers, { name: identity.issuer, keys: identity.keys }]
  return { ...options, auth: { ...options.auth, tokens: { ...tokens, issuers } } }
}

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
  const { movies: present } = await store.list({ limit: 1 })
  if (present.length > 0) {
    const movie = await store.get(landmark.id)
    return { loadedCount: 0, isPresent: movie?.imdbVotes === landmark.imdbVotes }
  }
  const movies = await Array.fromAsync(readVegaMovies())
  await store.put(movies)
  return { loadedCount: movies.length, isPresent: true }
}

/** Says what the demo catalogue is, unless the operator has said something else. */
function pageOf({ page }: DevConfig['movie'], isDemo: boolean): DevConfig['movie']['page'] {
  if (!isDemo) return page
  return { ...page, dataNotice: page.dataNotice || demoNotice, dataYear: demoYear }
}

function welcome(
  urls: { metadata: string; rating: string; movie: string },
  isReady: boolean,
  isOpen: boolean,
): string {
  const seconds = (performance.now() / 1000).toFixed(2)
  return `
${isReady ? `Ready after ${seconds} s.` : `Not ready after ${seconds} s: see /readyz of each service.`} Each port speaks gRPC, gRPC-Web, Connect, JSON and REST:

  metadata  ${urls.metadata}
  rating    ${urls.rating}
  movie     ${urls.movie}

The page: ${urls.movie}/
${isOpen ? '\nOpen: whoever reaches these ports may write as anyone. See --auth-issuer.\n' : ''}
Try:

  curl '${urls.movie}/movie?id=the-matrix-1999'
  curl -X PUT '${urls.rating}/rating?id=the-matrix-1999&type=movie&userId=me&value=5'
  curl ${urls.movie}/movie.v1.MovieService/ListMovies -H 'content-type: application/json' -d '{"query":"kubrick"}'
`
}
