import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { waitFor } from '@marquee/testing/wait-for'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'

/** Clients that watch a movie, and watch it again when a stream ends as the contract says. */
export interface Watchers extends AsyncDisposable {
  /** Resolves when every watcher has seen this many ratings. */
  seen(ratingCount: bigint): Promise<void>
  /** Number of streams that instances have ended. */
  readonly reopenedCount: number
  /** Errors that the contract does not allow. */
  readonly failed: readonly string[]
}

export function startWatchers(transport: Transport, movieId: string, count: number): Watchers {
  const movies = createClient(MovieService, transport)
  const stop = new AbortController()
  const { signal } = stop
  const latest = Array.from({ length: count }, () => -1n)
  const failed: string[] = []
  let reopenedCount = 0

  async function watch(watcher: number): Promise<void> {
    let sinceRevision = 0n
    while (!signal.aborted) {
      try {
        const request = { movieId, sinceRevision }
        for await (const response of movies.watchMovieDetails(request, { signal })) {
          const { movieDetails, resumeRevision } = response
          sinceRevision = resumeRevision
          const seen = movieDetails?.rating?.count
          if (seen === undefined) continue
          if (seen < (latest[watcher] ?? 0n)) failed.push(`watcher ${watcher} went back to ${seen}`)
          latest[watcher] = seen
        }
        failed.push(`watcher ${watcher} ended without an error`)
      } catch (error) {
        if (signal.aborted) return
        if (ConnectError.from(error).code !== Code.Unavailable) failed.push(String(error))
        reopenedCount++
      }
    }
  }

  const watching = latest.map((_, watcher) => watch(watcher))
  return {
    async seen(ratingCount) {
      const isSeen = () => latest.every((one) => one >= ratingCount)
      const what = `every watcher to see ${ratingCount} ratings`
      await waitFor(isSeen, { what, timeoutMs: 20_000 })
    },
    get reopenedCount() {
      return reopenedCount
    },
    failed,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(watching)
    },
  }
}
