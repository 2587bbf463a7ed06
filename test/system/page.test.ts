import { expect } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Code, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { failureOf } from '@marquee/testing/failure-of'
import { freePorts } from '@marquee/testing/free-ports'
import { testWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { startService } from './service-process.ts'

const alien = { recordId: 'alien', recordType: 'movie' }
const memory = ['--database-url', 'memory:']

for (const name of ['bun', 'deno', 'node'] as const satisfies RuntimeName[]) {
  testWith(
    runtime(name),
    `a browser reaches all services at movie's port, also after one was killed: ${name}`,
    () => reachAll(name),
    90_000,
  )
}

async function reachAll(name: RuntimeName): Promise<void> {
  await using folder = await temporaryFolder()
  const [ratingPort = 0] = await freePorts(1)
  const eventLog = ['--event-log', join(folder.path, 'events.db')]
  const startRating = () =>
    startService({
      service: 'rating',
      runtime: name,
      port: ratingPort,
      args: ['--database-url', `sqlite:${join(folder.path, 'rating.db')}`, ...eventLog],
    })
  await using metadata = await startService({ service: 'metadata', runtime: name, args: memory })
  const webRoot = join(folder.path, 'web')
  await mkdir(webRoot)
  await writeFile(join(webRoot, 'index.html'), '<title>Marquee</title>')
  const urls = ['--metadata-url', metadata.url, '--rating-url', `http://127.0.0.1:${ratingPort}`]
  const args = [...urls, '--web-root', webRoot]
  await using movie = await startService({ service: 'movie', runtime: name, args })

  expect(await (await fetch(movie.url)).text()).toBe('<title>Marquee</title>')
  const { services } = await (await fetch(`${movie.url}/page.json`)).json()
  const at = (path: string) => createConnectTransport({ baseUrl: movie.url + path })
  const movies = createClient(MetadataService, at(services.metadata))
  const ratings = createClient(RatingService, at(services.rating))
  const documentOf = async () => {
    const response = await fetch(`${movie.url}/movies/alien`)
    return [response.status, await response.text()]
  }
  expect(await documentOf()).toEqual([404, expect.stringContaining('<title>Movie not found')])
  await movies.putMetadata({ metadata: { id: 'alien', title: 'Alien' } })
  expect(await documentOf()).toEqual([200, expect.stringContaining('<title>Alien · Marquee')])
  const rate = (userId: string) => ratings.putRating({ ...alien, userId, value: 5 })
  const away = {
    code: Code.Unavailable,
    rawMessage: 'the service is currently unavailable: call again later',
  }
  expect(await failureOf(rate('ada'))).toMatchObject(away)

  {
    await using rating = await startRating()
    await waitFor(() => rate('ada'), { what: 'the rating service to be found', timeoutMs: 20_000 })
    const counts: unknown[] = []
    const watch = Array.fromAsync(
      ratings.watchAggregatedRatings({ records: [alien] }),
      async ({ aggregatedRating }) => {
        counts.push(aggregatedRating?.count)
        if (counts.length === 1) await rate('bob')
        else rating.program.kill('SIGKILL')
      },
    )
    expect((await failureOf(watch)).code).toBe(Code.Unavailable)
    expect(counts).toEqual([1n, 2n])
    await rating.program.exited
  }
  expect(await failureOf(rate('cay'))).toMatchObject(away)
  await using _ = await startRating()
  await waitFor(() => rate('cay'), { what: 'it to be found again', timeoutMs: 40_000 })
  const { aggregatedRating } = await ratings.getAggregatedRating(alien)
  expect(aggregatedRating?.count).toBe(3n)
  movie.program.kill('SIGTERM')
  expect(await movie.program.exited).toEqual({ code: 0, signal: null })
}
