import { createClient, type Transport } from '@connectrpc/connect'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService, RatingStatus } from '../../gen/movie/v1/movie_pb.ts'
import { alien } from './consul-fleet.ts'

/** Requests a movie's details from movie continuously, with several calls in flight. */
export interface MovieLoad {
  /** Resolves when this many more calls have ended, with any outcome. */
  more(callCount: number): Promise<void>
  /** Removes the recorded failures. While processes start, a busy machine may exceed deadlines. */
  forgive(): void
  /** Returns the number of calls that have ended, and the duration of the slowest in milliseconds. */
  figures(): { callCount: number; slowestMs: number }
  /** Stops the load, and returns why calls failed or lacked the rating. */
  stop(): Promise<string[]>
}

/** Deadline of a call, in milliseconds, for a busy machine. */
const timeoutMs = 30_000
/** Maximum number of failures that are recorded. */
const failuresMax = 1_000

export function startMovieLoad(transport: Transport, concurrency: number): MovieLoad {
  const movies = createClient(MovieService, transport)
  const failed: string[] = []
  let [endedCount, slowestMs] = [0, 0]
  let isStopped = false

  async function callOnce(): Promise<string | undefined> {
    const { movieDetails } = await movies.getMovieDetails({ movieId: alien.id }, { timeoutMs })
    if (movieDetails?.ratingStatus === RatingStatus.RATED) return undefined
    return `rating status ${movieDetails?.ratingStatus}`
  }

  async function work(): Promise<void> {
    while (!isStopped && failed.length < failuresMax) {
      const startMs = performance.now()
      const reason = await callOnce().catch(String)
      slowestMs = Math.max(slowestMs, performance.now() - startMs)
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
    figures: () => ({ callCount: endedCount, slowestMs }),
    async stop() {
      isStopped = true
      await Promise.all(workers)
      return failed
    },
  }
}
