import { type Code, createContextKey } from '@connectrpc/connect'
import type { MemoryAccount } from '@marquee/http/memory/account'
import type { PortBindings } from '@marquee/http/server/port'
import { CallMemory } from './call-memory.ts'
import type { Lifetime } from './lifetime.ts'
import type { Span } from './span.ts'

/** Caller of a call, as the app's middleware has verified it. */
export interface Principal {
  /** Id of the user or program. */
  readonly subject: string
  readonly roles: ReadonlySet<string>
  /** The token that says so, for calls to other services on behalf of the caller. */
  readonly token: string
}

/** A call from its first middleware to the last byte of its response. */
export class Call {
  /**
   * Id of the call in logs, in the `x-request-id` of its response, and in the calls that it makes
   * to other services.
   */
  readonly requestId: string
  /** Start of the call on the clock of `performance.now()`, in milliseconds. */
  readonly startMs: number
  /** Lifetime of the call: its deadline, its abort signal and its end. */
  readonly lifetime: Lifetime
  /** `grpc`, `grpc-web` (binary and base64), `connect` or `rest`. */
  protocol = 'rest'
  /** `rating.v1.RatingService/PutRating`, or the method and route of a REST call. */
  method = ''
  /** True when the requests or the responses of the method are a stream. */
  isStream = false
  /** True for a file of the page, which is no call of an API. */
  isFile = false
  /** Name of the service to which the call is forwarded: `rating`. */
  target: string | undefined
  /** HTTP status of the response. 0 until there is one. */
  status = 0
  /** True when the response is about one user, so that shared caches must not keep it. */
  isPrivate = false
  /** Caller that middleware has verified. `undefined` without one, and in an open service. */
  principal: Principal | undefined
  /** True when the caller may see and erase data of all users. In an open service, everybody may. */
  isOperator = true
  /** Name of the calling service that middleware has verified: `movie`. */
  service: string | undefined
  /** Code of an RPC that failed; `undefined` for success, and for calls that are no RPC. */
  code: Code | undefined
  /** Error for the log. A call that succeeded with a part of its response missing has one too. */
  error: unknown
  /** Span of the call. `undefined` when tracing is off. */
  span: Span | undefined
  /** Memory account of the client's connection. */
  account: MemoryAccount | undefined
  /** Maximum time that the call waits for memory, in milliseconds. */
  memoryWaitMs = 0
  #memory: CallMemory | undefined
  readonly #onEnd: (call: Call) => void
  #holds = 1

  constructor(requestId: string, startMs: number, lifetime: Lifetime, onEnd: (call: Call) => void) {
    this.requestId = requestId
    this.startMs = startMs
    this.lifetime = lifetime
    this.#onEnd = onEnd
  }

  /** Memory that the call holds on the account of its client. */
  get memory(): CallMemory {
    this.#memory ??= new CallMemory(this.account, this.lifetime, this.memoryWaitMs)
    return this.#memory
  }

  /** Keeps the call open after its `Response`, until the returned function is called. */
  hold(): () => void {
    this.#holds++
    return () => this.release()
  }

  /** Releases one hold. The last one ends the call. */
  release(): void {
    this.#holds--
    if (this.#holds !== 0) return
    this.lifetime.finish()
    this.#onEnd(this)
  }
}

/** Hono environment of the handlers: the bindings of the server, and the call. */
export interface Environment {
  Bindings: PortBindings & {
    /** True for calls that arrived at a port for operators. */
    readonly isAdmin?: boolean
  }
  Variables: { call: Call }
}

/** Key of the call in the context values of an RPC. `undefined` outside of `mountConnect`. */
export const callKey = createContextKey<Call | undefined>(undefined, {
  description: 'the call as the access log sees it',
})
