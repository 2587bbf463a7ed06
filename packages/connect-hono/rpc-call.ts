import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Call } from './call.ts'
import type { Compression } from './compression/compression.ts'
import { RpcContext } from './context.ts'
import { lateForClient, toConnectError, toLoggedError } from './errors/errors.ts'
import { quoted } from './errors/text.ts'
import type { Lifetime } from './lifetime.ts'
import { BodyReader } from './request/body-reader.ts'
import type { Incoming } from './request/incoming.ts'
import { Output } from './response/output.ts'
import type { Rpc } from './router.ts'
import type { Wire } from './wire/wire.ts'

/** How a stream ends that has reached its age: so that clients try again. */
const streamAged = Code.Unavailable

/** Up to 10 % less, so that clients do not come back together. */
function agedAfter(ageMaxMs: number): number {
  return ageMaxMs * (1 - 0.1 * Math.random())
}

/** One call of an RPC, on its way from its request to its answer. */
export class Work {
  readonly rpc: Rpc
  readonly wire: Wire
  readonly incoming: Incoming
  readonly call: Call
  readonly lifetime: Lifetime
  readonly context: RpcContext

  constructor(rpc: Rpc, wire: Wire, incoming: Incoming, call: Call) {
    this.rpc = rpc
    this.wire = wire
    this.incoming = incoming
    this.call = call
    this.lifetime = call.lifetime
    this.context = new RpcContext({
      method: rpc.method,
      protocolName: wire.protocol,
      requestMethod: incoming.method,
      request: incoming.request,
      lifetime: this.lifetime,
      call,
      headerFields: ['content-type', wire.contentType],
    })
  }

  /** Lets the call be ended by whoever may: its client, its deadline, and for an answer without an end, the process. */
  begin(): void {
    const { rpc, wire, incoming, lifetime } = this
    const { limits, drain } = rpc.options
    incoming.endWithClient(lifetime)
    wire.checkVersion?.(incoming)
    const givenMs = wire.timeoutMs(incoming)
    const timeoutMs = givenMs === undefined ? undefined : givenMs - incoming.waitedMs
    if (timeoutMs !== undefined) this.context.deadlineMs = performance.now() + timeoutMs
    if (drain && rpc.answersStream && rpc.drains) lifetime.follow(drain)
    const isUnary = !rpc.answersStream && !rpc.takesStream
    if (!isUnary) rpc.options.streams.enter(incoming, lifetime)
    const boundMs = isUnary ? limits.unaryTimeoutMs : agedAfter(limits.streamAgeMaxMs)
    if (timeoutMs !== undefined && timeoutMs <= boundMs) {
      lifetime.setDeadline(timeoutMs, lateForClient)
    } else if (isUnary) {
      lifetime.setDeadline(boundMs, 'the call took longer than the service allows')
    } else {
      lifetime.setDeadline(boundMs, 'the stream is as old as may be: open it again', streamAged)
    }
    lifetime.throwIfOver()
  }

  /** The compression of the request, whose name is in a field unless told. */
  requestCompression(
    name = this.incoming.header(this.wire.encodingField) ?? '',
  ): Compression | undefined {
    if (name === '' || name.toLowerCase() === 'identity') return undefined
    const { compressions } = this.rpc.options
    const found = compressions.find(name)
    if (found !== undefined) return found
    this.context.headerFields.push(this.wire.acceptField, compressions.names)
    const text = `unknown compression ${quoted(name)}: supported encodings are ${compressions.names}`
    throw new ConnectError(text, Code.Unimplemented)
  }

  /** That of the answer; a client that names none for it can take that of the request. */
  answerCompression(requested: Compression | undefined): Compression | undefined {
    const accepted = this.incoming.header(this.wire.acceptField)
    return accepted ? this.rpc.options.compressions.choose(accepted) : requested
  }

  reader(): BodyReader {
    const { incoming } = this
    const { limits } = this.rpc.options
    const isConversation = this.rpc.takesStream && this.rpc.answersStream
    return new BodyReader({
      body: incoming.body,
      incoming,
      call: this.call,
      limits,
      // Whoever only sends may not.
      mayPause: isConversation,
    })
  }

  output(compression: Compression | undefined): Output {
    const { method, outputs } = this.rpc
    return new Output({ desc: method.output, codec: outputs[this.wire.format], compression })
  }

  /** Throws when a request breaks the rules in its proto. Those of a stream are left to the handler. */
  validate(message: Message): void {
    const violation = this.rpc.options.validate(this.rpc.method.input, message)
    if (violation !== undefined) throw violation
  }

  /** The answer to one message with one, at once if the handler has it; rejects when the call is over before. */
  invoke(message: Message | AsyncIterable<Message>): unknown {
    const answer = this.rpc.invoke(message, this.context)
    return isPromise(answer) ? this.lifetime.unlessOver(answer) : answer
  }

  /** Notes how the call ended, and tells what its caller may know. */
  fail(thrown: unknown): ConnectError {
    const error = toConnectError(thrown, this.call.requestId)
    this.call.code = error.code
    this.call.error = toLoggedError(error)
    return error
  }

  /** Says that nobody will read what may be left of the request. */
  refuseRest(): void {
    const { body } = this.incoming
    if (!body.ended) body.refuse()
  }
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
