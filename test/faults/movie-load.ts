import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { alien } from './consul-fleet.ts'

/** Asks movie for the details of a movie all the time, several calls at once. */
export interface MovieLoad {
  /** Resolves when so many more calls have ended, well or not. */
  more(callCount: number): Promise<void>
  /** Forgets what has failed: while processes are new, a busy machine may be late. */
  forgive(): void
  /** Ends it, and answers why calls failed or lacked the rating. */
  stop(): Promise<string[]>
}

/** No more are told. */
const failuresMax = 1_000

export function startMovieLoad(baseUrl: string, concurrency: number): MovieLoad {
  const movies = createClient(MovieService, createGrpcTransport({ baseUrl }))
  const failed: string[] = []
  let endedCount = 0
  let isStopped = false

  async function callOnce(): Promise<string | undefined> {
    const { movieDetails } = await movies.getMovieDetails({ movieId: alien.id })
    if (movieDetails?.ratingStatus === RatingStatus.RATED) return undefined
    return `rating status ${movieDetails?.ratingStatus}`
  }

  async function work(): Promise<void> {
    while (!isStopped && failed.length < failuresMax) {
      const reason = await callOnce().catch(String)
      if (reason !== undefined) failed.push(reason)
      endedCount++
    }
  }

  const workers = Array.from({ length: concurrency }, work)
  return {
    async more(callCount) {
      const goal = endedCount + callCount
      await waitFor(() => endedCount >= goal, { what: 'calls to end', timeoutMs: 30_000 })
    },
    forgive() {
      failed.length = 0
    },
    async stop() {
      isStopped = true
      await Promise.all(workers)
      return failed
    },
  }
}
