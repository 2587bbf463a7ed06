import { type Code, createContextKey } from '@connectrpc/connect'
import type { PortBindings } from '@marquee/http/server/port'
import type { CallMemory } from './call-memory.ts'
import type { Lifetime } from './lifetime.ts'

/** What is known of a call, from its first middleware to its log line. */
export interface Call {
  /** Names the call in logs, in the answer's `x-request-id`, and to the services asked on its behalf. */
  readonly requestId: string
  /** `grpc`, `grpc-web`, `connect` or `rest`. */
  protocol: string
  /** `rating.v1.RatingService/PutRating`, or the method and route of a REST call. */
  method: string
  /** Whether the response is about one user: caches that people share must not keep it. */
  isPrivate: boolean
  /** How an RPC ended; undefined for success, and for a call that is no RPC. */
  code: Code | undefined
  /** What went wrong, for the log; also of a call that succeeded without a part of its answer. */
  error: unknown
  /** Who ends it before its time; finished when the call is over. */
  readonly lifetime: Lifetime
  /** What its client makes the process hold by it. */
  readonly memory: CallMemory
  /** Keeps the call open after its `Response` is returned, until the answered function is called. */
  hold(): () => void
}

/** What a Hono handler of ours finds in its context. */
export interface Environment {
  Bindings: PortBindings
  Variables: { call: Call }
}

/** The call, in the context values of an RPC. */
export const callKey = createContextKey<Call | undefined>(undefined, {
  description: 'the call as the access log sees it',
})
