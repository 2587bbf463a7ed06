import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Call } from '@marquee/connect-hono/call'
import { describeError } from '@marquee/connect-hono/errors/describe-error'
import {
  clientDeadlineExceeded,
  serviceDeadlineExceeded,
  toConnectError,
  toLoggedError,
} from '@marquee/connect-hono/errors/errors'
import { fitHeaders } from '@marquee/connect-hono/errors/fit-status'
import type { Incoming } from '@marquee/connect-hono/request/incoming'
import type { StreamQuota } from '@marquee/connect-hono/stream-quota'
import { timeoutOf, type Wire } from '@marquee/connect-hono/wire/wire'
import type { Outcome } from '@marquee/grpc-transport/pool/balancer'
import type { Lease } from '@marquee/grpc-transport/pool/connection-pool'
import type { SessionPool } from '@marquee/grpc-transport/pool/session-pool'
import { headerOf } from '@marquee/http/header-list'
import { type ClientStream, NotSentError, type StreamOwner } from '@marquee/http/http2/client/port'
import type { Instance } from '@marquee/registry/port'
import { Download } from './download.ts'
import {
  errorResponse,
  openTimedOut,
  requestAborted,
  silent,
  upstreamError,
  withoutInstance,
} from './failure.ts'
import { type ForwardedRequest, requestHead, responseHeaders } from './headers.ts'
import type { GatewayLimits } from './limits.ts'
import { codeOf, outcomeOfFailure, outcomeOfResponse } from './outcome.ts'
import { Upload } from './upload.ts'
import type { InstancePools, Upstream } from './upstream.ts'

export interface ForwardOptions {
  readonly upstream: Pick<Upstream, 'take'>
  readonly limits: GatewayLimits
  /** Ends response streams when aborted. */
  readonly drain: AbortSignal | undefined
  readonly streams: StreamQuota
  readonly errorDomain: string | undefined
  readonly method: DescMethod
  /** `undefined` for a request of no known protocol, which the service refuses. */
  readonly wire: Wire | undefined
  /** Returns the protocol of a response. */
  readonly wireOfResponse: (contentType: string) => Wire | undefined
  readonly incoming: Incoming
  readonly call: Call
  readonly request: ForwardedRequest
}

/** A call that is forwarded to an instance, without decoding its bytes. */
export class Forward implements StreamOwner {
  readonly #options: ForwardOptions
  readonly #upload: Upload
  readonly #response = Promise.withResolvers<Response>()
  readonly #tried = new Set<Instance>()
  readonly #trailers: string[] = []
  #release = () => {}
  #stopOpening = () => {}
  #stopListening = () => {}
  #stopWaiting = () => {}
  #lease: Lease<InstancePools> | undefined
  #pool: SessionPool | undefined
  #stream: ClientStream | undefined
  #download: Download | undefined
  #tryCount = 0
  /** Deadline of the client, on the clock of `performance.now()`. */
  #deadlineMs = Number.POSITIVE_INFINITY
  #isActive = false
  #isOver = false

  constructor(options: ForwardOptions) {
    this.#options = options
    this.#upload = new Upload({
      body: options.incoming.body,
      replayBytesMax: options.limits.replayBytesMax,
      call: options.call,
      waits: options.request.expectsContinue === true,
      onBytes: () => this.#recordActivity(),
      onAborted: (cause) => this.#fail(requestAborted(cause)),
    })
  }

  /** Resolves with the response when its headers arrive, or with an error. */
  start(): Promise<Response> {
    const { call, incoming } = this.#options
    this.#release = call.hold()
    incoming.abortWithClient(call.lifetime)
    this.#setBounds()
    this.#enter()
    call.lifetime.whenOver((reason) => this.#fail(reason))
    if (!this.#isOver) this.#open()
    return this.#response.promise
  }

  #enter(): void {
    const { call, incoming, method, streams } = this.#options
    if (method.methodKind === 'unary') return
    try {
      streams.enter(incoming, call.lifetime)
    } catch (error) {
      this.#fail(error)
    }
  }

  onOpen(stream: ClientStream): void {
    this.#stopOpening()
    this.#stream = stream
    this.#upload.sendTo(stream)
    const { limits, request } = this.#options
    if (!request.expectsContinue) return
    this.#stopWaiting = this.#after(limits.continueTimeoutMs, () => this.#upload.request())
  }

  onContinue(): void {
    this.#stopWaiting()
    this.#upload.request()
  }

  onHead(): void {
    const { incoming, wireOfResponse } = this.#options
    const stream = this.#stream
    if (!stream || this.#isOver) return
    this.#upload.forget()
    this.#lease?.responded()
    const fields = responseHeaders(stream.headers)
    incoming.setTrailers?.(this.#trailers)
    if (stream.isComplete) {
      const pieces = takeAll(stream)
      const head = [...fitHeaders(fields, incoming)]
      const body = pieces.length > 1 ? pieces : (pieces[0] ?? null)
      this.#response.resolve(incoming.respond(body, stream.status, head))
      this.#complete(stream, pieces)
      return
    }
    this.#download = new Download({
      stream,
      trailers: this.#trailers,
      wire:
        stream.status === 200 ? wireOfResponse(headerOf(fields, 'content-type') ?? '') : undefined,
      onBytes: () => this.#recordActivity(),
      onAbandon: () => this.#fail(new ConnectError('the client left', Code.Canceled)),
    })
    this.#response.resolve(incoming.respond(this.#download, stream.status, fields))
  }

  onBytes(): void {
    this.#download?.wake()
  }

  /** Charges the client for bytes that it does not read fast enough. */
  onKept(bytes: number): void {
    const { memory } = this.#options.call
    try {
      if (bytes > 0) memory.holdNow(bytes)
      else memory.release(-bytes)
    } catch (error) {
      this.#fail(error)
    }
  }

  onEnd(): void {
    const stream = this.#stream
    if (!stream || this.#isOver) return
    // Completing may cancel the stream, which drops its bytes.
    this.#download?.end(takeAll(stream))
    this.#complete(stream, [])
  }

  onFailure(cause: Error): void {
    if (this.#isOver) return
    const { limits } = this.#options
    const isUntouched = cause instanceof NotSentError && this.#upload.isReplayable
    if (isUntouched && this.#tryCount < limits.triesMax) {
      // Only a second connection to a reachable instance may help.
      const isReachable = this.#stream !== undefined
      this.#stopOpening()
      this.#stopWaiting()
      this.#lease?.done('failure')
      this.#stream = undefined
      this.#upload.pause()
      this.#open(isReachable ? undefined : cause)
      return
    }
    if (this.#stream) this.#download?.append(takeAll(this.#stream))
    this.#lose(upstreamError(this.#pool?.origin ?? '', cause))
  }

  /** @param unreachable Error of an instance that must not be tried again. */
  #open(unreachable?: Error): void {
    const { upstream, limits, request, method } = this.#options
    this.#tryCount++
    try {
      const lease = upstream.take(this.#tried)
      const { calls, streams } = lease.connection
      const pool = method.methodKind === 'unary' ? calls : streams
      if (unreachable && this.#tried.has(lease.instance)) {
        lease.done('unknown')
        throw upstreamError(pool.origin, unreachable)
      }
      this.#lease = lease
      this.#pool = pool
      this.#tried.add(lease.instance)
      this.#stopOpening = this.#after(limits.openTimeoutMs, () =>
        this.#lose(openTimedOut(pool.origin)),
      )
      pool.open(requestHead(pool.origin, request), this)
    } catch (error) {
      this.#lose(withoutInstance(error))
    }
  }

  /** Limits the call by its deadline, which the service knows as well, or by silence. */
  #setBounds(): void {
    const { method, wire, incoming, call, limits, drain } = this.#options
    const { lifetime } = call
    const isUnary = method.methodKind === 'unary'
    if (drain && !isUnary && method.methodKind !== 'client_streaming') lifetime.follow(drain)
    const clientMs = timeoutOf(wire, incoming) ?? Number.POSITIVE_INFINITY
    this.#deadlineMs = performance.now() + clientMs
    const timeoutMs = isUnary ? Math.min(clientMs, limits.unaryTimeoutMs) : clientMs
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      lifetime.setDeadline(timeoutMs + limits.graceMs, didNotRespond)
    } else this.#watchSilence()
  }

  /** Ends the call when both directions are silent for the time. */
  #watchSilence(): void {
    this.#isActive = false
    const { quietTimeoutMs } = this.#options.limits
    this.#stopListening = this.#after(quietTimeoutMs, () => {
      if (this.#isActive) this.#watchSilence()
      else this.#fail(silent(quietTimeoutMs))
    })
  }

  /** Calls `expire` after the time, unless the returned function is called before. */
  #after(delayMs: number, expire: () => void): () => void {
    const expiring = { expire }
    const timeout = this.#options.call.lifetime.timeouts.add(expiring, delayMs)
    return () => void timeout.delete(expiring)
  }

  #recordActivity(): void {
    this.#isActive = true
  }

  #complete(stream: ClientStream, pieces: readonly Uint8Array[]): void {
    const { status, headers, trailers } = stream
    this.#trailers.push(...trailers)
    const code = codeOf({ status, fields: headers, trailers, pieces }, this.#options.wire)
    this.#options.call.code = code
    if (!this.#upload.isComplete) stream.cancel()
    this.#finish(outcomeOfResponse(code))
  }

  /** Fails the call, with DEADLINE_EXCEEDED after the client's deadline. */
  #lose(cause: unknown): void {
    const isLate = performance.now() >= this.#deadlineMs
    this.#fail(isLate ? clientDeadlineExceeded(cause) : cause)
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return
    const { call, incoming, wire, errorDomain } = this.#options
    const error = describeError(toConnectError(reason, call.requestId), errorDomain)
    call.code = error.code
    call.error = toLoggedError(error)
    if (this.#stream) this.#stream.cancel()
    else this.#pool?.abandon(this)
    this.#finish(outcomeOfFailure(error, this.#stream !== undefined && this.#stream.status > 0))
    if (this.#download) this.#download.fail(error)
    else this.#response.resolve(errorResponse(incoming, { wire, protocol: call.protocol }, error))
  }

  #finish(outcome: Outcome): void {
    this.#isOver = true
    this.#stopOpening()
    this.#stopListening()
    this.#stopWaiting()
    this.#upload.stop()
    const { body } = this.#options.incoming
    if (!body.ended) body.refuse()
    this.#lease?.done(outcome)
    this.#options.request.span?.end(this.#options.call.code)
    this.#release()
  }
}

function didNotRespond(): ConnectError {
  return serviceDeadlineExceeded('the service did not respond in time')
}

function takeAll(stream: ClientStream): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let bytes = stream.take(); bytes !== undefined; bytes = stream.take()) pieces.push(bytes)
  return pieces
}
