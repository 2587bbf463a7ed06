import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Call } from './call.ts'
import type { Compression } from './compression/compression.ts'
import { RpcContext } from './context.ts'
import { describeError } from './errors/describe-error.ts'
import { clientDeadlineExceeded, toConnectError, toLoggedError } from './errors/errors.ts'
import { withReason } from './errors/rpc-reasons.ts'
import { quoted } from './errors/text.ts'
import type { Lifetime } from './lifetime.ts'
import { BodyReader } from './request/body-reader.ts'
import type { Incoming } from './request/incoming.ts'
import { Output } from './response/output.ts'
import type { Rpc } from './rpc.ts'
import { setStreamAge, streamAgeOf } from './stream-age.ts'
import { Base64Body, charactersPerByteMax } from './wire/base64.ts'
import type { Wire } from './wire/wire.ts'

/** One call of an RPC, from its request to its response. */
export class RpcCall {
  readonly rpc: Rpc
  readonly wire: Wire
  readonly incoming: Incoming
  readonly call: Call
  readonly lifetime: Lifetime
  readonly context: RpcContext

  /** @param requestMethod HTTP method that the handler sees. Default: that of the request. */
  constructor(rpc: Rpc, wire: Wire, incoming: Incoming, call: Call, requestMethod?: string) {
    this.rpc = rpc
    this.wire = wire
    this.incoming = incoming
    this.call = call
    this.lifetime = call.lifetime
    const headerList = ['content-type', wire.contentType]
    const { request } = incoming
    const { method } = rpc
    this.context = new RpcContext(method, wire.protocol, request, call, headerList, requestMethod)
  }

  /**
   * Starts the deadline, and ends the call when its client leaves or, for a response stream, when
   * the process drains.
   */
  begin(): void {
    const { rpc, wire, incoming, lifetime } = this
    const { limits, drain } = rpc.options
    incoming.abortWithClient(lifetime)
    wire.checkVersion?.(incoming)
    const givenMs = wire.timeoutMs(incoming)
    const timeoutMs = givenMs === undefined ? undefined : givenMs - incoming.waitedMs
    if (timeoutMs !== undefined) this.context.deadlineMs = performance.now() + timeoutMs
    if (drain && rpc.streamsResponses && rpc.drains) lifetime.follow(drain)
    const isUnary = !rpc.streamsResponses && !rpc.streamsRequests
    if (!isUnary) rpc.options.streams.enter(incoming, lifetime)
    const boundMs = isUnary ? limits.unaryTimeoutMs : streamAgeOf(limits)
    if (timeoutMs !== undefined && timeoutMs <= boundMs) {
      lifetime.setDeadline(timeoutMs, clientDeadlineExceeded)
    } else if (isUnary) {
      lifetime.setDeadline(boundMs)
    } else setStreamAge(lifetime, boundMs)
    lifetime.throwIfOver()
  }

  /** Returns the compression of the request. @param name Default: the value of its header. */
  requestCompression(
    name = this.incoming.header(this.wire.encodingHeader) ?? '',
  ): Compression | undefined {
    if (name === '' || name.toLowerCase() === 'identity') return undefined
    const { compressions } = this.rpc.options
    const found = compressions.find(name)
    if (found !== undefined) return found
    const supported = compressions.names
    this.context.headerList.push(this.wire.acceptHeader, supported)
    const text = `unknown compression ${quoted(name)}: supported are ${supported}`
    const error = new ConnectError(text, Code.Unimplemented)
    throw withReason(error, 'COMPRESSION_UNSUPPORTED', { compression: name, supported })
  }

  /** Returns the compression of the response: one that the client accepts, or its request's. */
  responseCompression(requested: Compression | undefined): Compression | undefined {
    const accepted = this.incoming.header(this.wire.acceptHeader)
    return accepted ? this.rpc.options.compressions.choose(accepted) : requested
  }

  reader(): BodyReader {
    const { incoming, wire } = this
    const { limits } = this.rpc.options
    const isConversation = this.rpc.streamsRequests && this.rpc.streamsResponses
    return new BodyReader({
      body: wire.hasTextRequest ? new Base64Body(incoming.body) : incoming.body,
      incoming,
      lengthPerByteMax: wire.hasTextRequest ? charactersPerByteMax : 1,
      call: this.call,
      limits,
      mayPause: isConversation,
    })
  }

  output(compression: Compression | undefined): Output {
    const { method, outputs } = this.rpc
    return new Output(method.output, outputs[this.wire.format], compression)
  }

  /**
   * Throws when a request breaks the rules in its proto. The messages of a stream are left to the
   * handler.
   */
  validate(message: Message): void {
    const violation = this.rpc.options.validate(this.rpc.method.input, message)
    if (violation !== undefined) throw violation
  }

  /** Calls the handler. Its promise rejects early when the call ends first. */
  invoke(message: Message | AsyncIterable<Message>): unknown {
    const result = this.rpc.invoke(message, this.context)
    return isPromise(result) ? this.lifetime.unlessOver(result) : result
  }

  /** Records how the call ended. Returns the error that its client may see. */
  fail(thrown: unknown): ConnectError {
    const { errorDomain } = this.rpc.options
    const error = describeError(toConnectError(thrown, this.call.requestId), errorDomain)
    this.call.code = error.code
    this.call.error = toLoggedError(error)
    return error
  }

  /** Refuses the rest of the request's body, which is not read. */
  refuseRest(): void {
    const { body } = this.incoming
    if (!body.ended) body.refuse()
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
