import { Code, ConnectError } from '@connectrpc/connect'
import type { Rating } from '../../gen/rating/v1/rating_pb.ts'

/** Request of a call of `ExportRatings`. */
interface Request {
  readonly of:
    | { readonly case: 'userId'; readonly value: string }
    | { readonly case: 'allUsers'; readonly value: true }
  readonly resumeToken: string
}

/** Method of the rating service that exports ratings. */
export interface RatingExports {
  exportRatings(
    request: Request,
    options: { readonly signal: AbortSignal },
  ): AsyncIterable<{ readonly rating?: Rating | undefined; readonly resumeToken: string }>
}

export interface ReadOptions {
  readonly client: RatingExports
  /** `undefined` for the ratings of all users. */
  readonly userId: string | undefined
  readonly signal: AbortSignal
}

/** Maximum number of ratings between two resume tokens, which memory holds. */
const heldMax = 100_000

/** Codes of a stream that may have ended early: a deadline, or an instance that shuts down. */
const resumable = new Set([Code.DeadlineExceeded, Code.Unavailable, Code.Aborted])

/**
 * Reads the ratings of a user, or of all users, each one once. A stream that ends early is continued
 * after its last resume token, as long as each call gets a new one. Ends without an error after an
 * abort.
 */
export async function* readRatings(options: ReadOptions): AsyncGenerator<Rating[]> {
  const { client, userId, signal } = options
  const of =
    userId === undefined
      ? { case: 'allUsers' as const, value: true as const }
      : { case: 'userId' as const, value: userId }
  let resumeToken = ''
  for (;;) {
    const before = resumeToken
    let held: Rating[] = []
    try {
      for await (const response of client.exportRatings({ of, resumeToken }, { signal })) {
        if (response.rating !== undefined) held.push(response.rating)
        if (held.length > heldMax) throw new Error('the service sends no resume tokens')
        if (response.resumeToken === '') continue
        const complete = held
        held = []
        resumeToken = response.resumeToken
        yield complete
      }
      yield held
      return
    } catch (error) {
      if (signal.aborted) return
      const isEarly = error instanceof ConnectError && resumable.has(error.code)
      if (!isEarly || resumeToken === before) throw error
    }
  }
}
