import { join } from 'node:path'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type Bench, type Peer, startAll } from '../bench.ts'
import { ask, measureCalls } from '../calls.ts'
import { loadCatalogue, movieId } from '../catalogue.ts'
import { grpcGo, marquee } from '../peers.ts'
import { grpc } from '../wire.ts'

/**
 * Few enough that no rating is late on any runtime: a call that goes without its rating costs less,
 * and is another call.
 */
const streamCount = 4

/**
 * `GetMovieDetails` by gRPC: the processor time of the movie service alone, which asks metadata and
 * rating, on Bun, in processes of their own.
 */
export async function measureMovieDetails(bench: Bench): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const { metadata, rating } = await startUpstreams(bench, stack)
  const asking = ['--metadata-url', metadata, '--rating-url', rating]
  const hosts = ['-metadata', new URL(metadata).host, '-rating', new URL(rating).host]
  const starts = [
    marquee('movie', 'bun', ...asking),
    marquee('movie', 'deno', ...asking),
    marquee('movie', 'node', ...asking),
    grpcGo('movie', ...hosts),
  ]
  const peers = await startAll(starts, stack, bench.note)
  const method = MovieService.method.getMovieDetails
  const call = { name: 'movie-details', wire: grpc, method, request: { movieId }, streamCount }
  const answer = await ask(call, peers[0])
  if (answer.movieDetails?.rating === undefined) throw new Error('the movie has no rating')
  await measureCalls(bench, { ...call, answer }, peers)
}

/** Starts metadata with the catalogue, and rating with one rating of the movie. */
async function startUpstreams(bench: Bench, stack: AsyncDisposableStack) {
  const file = (name: string) => join(bench.folder, name)
  const databases = ['--database-url', `sqlite:${file('rating.db')}`, '--event-log', file('log.db')]
  const starts = [
    marquee('metadata', 'bun', '--database-url', await loadCatalogue(bench.folder)),
    marquee('rating', 'bun', ...databases),
  ]
  const [metadata, rating] = await startAll(starts, stack, bench.note)
  const method = RatingService.method.putRating
  const request = { recordId: movieId, recordType: 'movie', userId: 'bench', value: 5 }
  await ask({ wire: grpc, method, request }, rating)
  return { metadata: originOf(metadata), rating: originOf(rating) }
}

function originOf(peer: Peer | undefined): string {
  return peer?.origins['2'] ?? ''
}
