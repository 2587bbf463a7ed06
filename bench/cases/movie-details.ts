import { join } from 'node:path'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type Bench, type Peer, startAll, startNeeded } from '../bench.ts'
import { callOnce } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { measureCalls } from '../measure-calls.ts'
import { grpcGoMovie, marquee, marqueeEverywhere } from '../peers.ts'
import { grpc } from '../wire.ts'

/**
 * Few enough that the rating always arrives in time. A response without its rating costs less and
 * would not be comparable.
 */
const streamCount = 4

const method = MovieService.method.getMovieDetails
/** `GetMovieDetails` by gRPC. */
export const movieDetails = {
  name: 'movie-details',
  wire: grpc,
  method,
  request: { movieId },
  streamCount,
}

/** Origins of the services that movie calls. */
export interface Upstreams {
  readonly metadata: string
  readonly rating: string
}

/**
 * Measures `GetMovieDetails` by gRPC: the processor time of the movie service, which calls metadata
 * and rating in processes of their own, on Bun.
 */
export async function measureMovieDetails(bench: Bench): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { metadata, rating } = await startUpstreams(bench.folder, stack)
  const candidates = [
    ...marqueeEverywhere('movie', ...upstreamFlags({ metadata, rating })),
    grpcGoMovie(new URL(metadata).host, new URL(rating).host),
  ]
  const peers = await startAll(candidates, stack, bench)
  const call = movieDetails
  const [own] = peers
  if (own === undefined) throw new Error('the movie service does not start')
  const response = await callOnce(call, own)
  if (response[0]?.movieDetails?.rating === undefined) throw new Error('the movie has no rating')
  await measureCalls(bench, { ...call, response }, peers, 'grpc-go')
}

/** Returns the flags of a movie service that calls them. */
export function upstreamFlags({ metadata, rating }: Upstreams): string[] {
  return ['--metadata-url', metadata, '--rating-url', rating]
}

/** Starts metadata with the catalogue, and rating with one rating of the movie. */
export async function startUpstreams(
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Upstreams> {
  const file = (name: string) => join(folder, name)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const catalogue = ['--database-url', await loadCatalogue(folder)]
  const metadata = await startNeeded(marquee('metadata', 'bun', ...catalogue), stack)
  const rating = await startNeeded(marquee('rating', 'bun', ...databases), stack)
  const method = RatingService.method.putRating
  const request = { recordId: movieId, recordType: 'movie', userId: 'bench', value: 5 }
  await callOnce({ wire: grpc, method, request }, rating)
  return { metadata: originOf(metadata), rating: originOf(rating) }
}

function originOf(peer: Peer): string {
  return peer.origins['2'] ?? ''
}
