import { type Code, createContextKey } from '@connectrpc/connect'
import type { PortBindings } from '@marquee/http/server/port'
import type { CallMemory } from './call-memory.ts'
import type { Lifetime } from './lifetime.ts'
import type { Span } from './span.ts'

/** State of a call, from its first middleware to its log line. */
export interface Call {
  /**
   * Id of the call in logs, in the `x-request-id` of its response, and in the calls that it makes
   * to other services.
   */
  readonly requestId: string
  /** `grpc`, `grpc-web`, `connect` or `rest`. */
  protocol: string
  /** `rating.v1.RatingService/PutRating`, or the method and route of a REST call. */
  method: string
  /** True when the response is about one user, so that shared caches must not keep it. */
  isPrivate: boolean
  /** Code of an RPC that failed; `undefined` for success, and for calls that are no RPC. */
  code: Code | undefined
  /** Error for the log. A call that succeeded with a part of its response missing has one too. */
  error: unknown
  /** Span of the call. `undefined` when tracing is off. */
  readonly span: Span | undefined
  /** Lifetime of the call: its deadline, its abort signal and its end. */
  readonly lifetime: Lifetime
  /** Memory that the call holds on the account of its client. */
  readonly memory: CallMemory
  /**
   * Keeps the call open after its `Response` is returned, until the returned function is called.
   */
  hold(): () => void
}

/** Hono environment of the handlers: the bindings of the server, and the call. */
export interface Environment {
  Bindings: PortBindings
  Variables: { call: Call }
}

/** Key of the call in the context values of an RPC. `undefined` outside of `mountConnect`. */
export const callKey = createContextKey<Call | undefined>(undefined, {
  description: 'the call as the access log sees it',
})
