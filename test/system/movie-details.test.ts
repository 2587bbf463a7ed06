import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { enumToJson } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { freePorts } from '@marquee/testing/free-ports'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { MovieService, RatingStatusSchema } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type ServiceProcess, startService } from './service-process.ts'

test('GetMovieDetails responds as documented while metadata and rating stop and return', async () => {
  await using folder = await temporaryFolder()
  const [metadataPort = 0, ratingPort = 0] = await freePorts(2)
  const file = (name: string) => join(folder.path, name)
  const startMetadata = () =>
    startService({
      service: 'metadata',
      port: metadataPort,
      args: ['--database-url', `sqlite:${file('metadata.db')}`],
    })
  const startRating = () =>
    startService({
      service: 'rating',
      port: ratingPort,
      args: ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('events.db')],
    })
  const urls = ['--metadata-url', url(metadataPort), '--rating-url', url(ratingPort)]
  await using movie = await startService({ service: 'movie', args: urls })
  const client = createClient(MovieService, createConnectTransport({ baseUrl: movie.url }))
  {
    await using metadata = await startMetadata()
    await using rating = await startRating()
    await fill(metadata.url, rating.url)
    expect(await askAll(client)).toEqual(allUp)
    await end(rating)
    expect(await askAll(client)).toEqual(ratingDown)
    await end(metadata)
    expect(await askAll(client)).toEqual(metadataDown)
  }
  await using _rating = await startRating()
  expect(await askAll(client)).toEqual(metadataDown)
  await using _metadata = await startMetadata()
  const recovered = async () => isDeepStrictEqual(await askAll(client), allUp)
  await waitFor(recovered, { what: 'both to be found again', timeoutMs: 20_000 })
}, 90_000)

/** Outcomes for a movie with ratings, one without, and one that is rated but unknown. */
type Answers = Readonly<Record<'rated' | 'unrated' | 'absent', string>>

/** Status of the rating in capitals, or the code of an error. */
const allUp: Answers = {
  rated: 'RATING_STATUS_RATED',
  unrated: 'RATING_STATUS_NOT_RATED',
  absent: 'NotFound',
}
const ratingDown: Answers = {
  rated: 'RATING_STATUS_UNAVAILABLE',
  unrated: 'RATING_STATUS_UNAVAILABLE',
  absent: 'NotFound',
}
const metadataDown: Answers = {
  rated: 'Unavailable',
  unrated: 'Unavailable',
  absent: 'Unavailable',
}

async function askAll(client: Client<typeof MovieService>): Promise<Answers> {
  const ask = async (movieId: string): Promise<string> => {
    const response = await client.getMovieDetails({ movieId }).catch(ConnectError.from)
    if (response instanceof ConnectError) return Code[response.code]
    return String(enumToJson(RatingStatusSchema, response.movieDetails?.ratingStatus ?? 0))
  }
  return { rated: await ask('rated'), unrated: await ask('unrated'), absent: await ask('absent') }
}

async function fill(metadataUrl: string, ratingUrl: string): Promise<void> {
  const metadata = createClient(MetadataService, createConnectTransport({ baseUrl: metadataUrl }))
  const ratings = createClient(RatingService, createConnectTransport({ baseUrl: ratingUrl }))
  for (const id of ['rated', 'unrated']) await metadata.putMetadata({ metadata: { id, title: id } })
  for (const recordId of ['rated', 'absent']) {
    await ratings.putRating({ recordId, recordType: 'movie', userId: 'ada', value: 4 })
  }
}

async function end({ program }: ServiceProcess): Promise<void> {
  program.kill('SIGTERM')
  expect(await program.exited).toEqual({ code: 0, signal: null })
}

function url(port: number): string {
  return `http://127.0.0.1:${port}`
}
