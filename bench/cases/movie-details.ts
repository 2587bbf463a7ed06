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

/**
 * Measures `GetMovieDetails` by gRPC: the processor time of the movie service, which calls metadata
 * and rating in processes of their own, on Bun.
 */
export async function measureMovieDetails(bench: Bench): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { metadata, rating } = await startUpstreams(bench, stack)
  const upstreamFlags = ['--metadata-url', metadata, '--rating-url', rating]
  const candidates = [
    ...marqueeEverywhere('movie', ...upstreamFlags),
    grpcGoMovie(new URL(metadata).host, new URL(rating).host),
  ]
  const peers = await startAll(candidates, stack, bench)
  const method = MovieService.method.getMovieDetails
  const call = { name: 'movie-details', wire: grpc, method, request: { movieId }, streamCount }
  const [own] = peers
  if (own === undefined) throw new Error('the movie service does not start')
  const response = await callOnce(call, own)
  if (response[0]?.movieDetails?.rating === undefined) throw new Error('the movie has no rating')
  await measureCalls(bench, { ...call, response }, peers, 'grpc-go')
}

/** Starts metadata with the catalogue, and rating with one rating of the movie. */
async function startUpstreams(bench: Bench, stack: AsyncDisposableStack) {
  const file = (name: string) => join(bench.folder, name)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const catalogue = ['--database-url', await loadCatalogue(bench.folder)]
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
