import type { Message } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Compression } from '../compression/compression.ts'
import { decompression } from '../compression/decompression.ts'
import { clientFault } from '../errors/errors.ts'
import { withReason } from '../errors/rpc-reasons.ts'
import type { Lifetime } from '../lifetime.ts'
import type { Codec } from '../protobuf/codec.ts'
import type { RpcCall } from '../rpc-call.ts'
import { compressedFlag, EnvelopeReader, type Polled } from '../wire/envelope.ts'

/** Flags that are not valid in a request. */
const otherFlags = 0xff ^ compressedFlag

/** Reads the messages of a request from their envelopes. */
export class Input {
  readonly #envelopes: EnvelopeReader
  readonly #codec: Codec
  readonly #compression: Compression | undefined
  readonly #bytesMax: number
  readonly #lifetime: Lifetime

  /** @param compression Compression of the messages that are marked as compressed. */
  constructor(rpcCall: RpcCall, compression: Compression | undefined) {
    const { rpc, wire, lifetime } = rpcCall
    this.#codec = rpc.inputs[wire.format]
    this.#compression = compression
    this.#bytesMax = rpc.inputLimits[wire.format].bytesMax
    this.#lifetime = lifetime
    this.#envelopes = new EnvelopeReader(rpcCall.reader(), this.#bytesMax)
  }

  /** Throws `RESOURCE_EXHAUSTED` when `content-length` exceeds the size of one message. */
  requireSingle(): void {
    this.#envelopes.requireSingle()
  }

  /** Returns whether there is a message to `take`, without waiting. */
  poll(): Polled {
    return this.#envelopes.poll()
  }

  /** Resolves when `poll` may return another result. */
  ready(): Promise<void> {
    return this.#envelopes.ready()
  }

  /** Returns the message that `poll` has found. */
  take(): Message | Promise<Message> {
    const { flags, message } = this.#envelopes
    if (flags === 0) return this.#codec.parse(message)
    if ((flags & otherFlags) !== 0) {
      const text = `a message has unknown flags (${flags}): set only the compressed flag`
      throw withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
    }
    if (this.#compression === undefined) {
      const text =
        'a message is compressed, but the request names no compression: name it in the headers'
      const error = Object.assign(new ConnectError(text, Code.Internal), clientFault)
      throw withReason(error, 'MESSAGE_MALFORMED')
    }
    return decompression
      .decompress(this.#compression, message, this.#bytesMax, this.#lifetime)
      .then((bytes) => this.#codec.parse(bytes))
  }
}

/**
 * Returns the only message of a request, without a promise when all of it has arrived. Throws
 * `UNIMPLEMENTED` for none and for a second one
 * (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md).
 */
export function onlyMessage(input: Input): Message | Promise<Message> {
  if (input.poll() !== 'envelope') return firstMessage(input)
  const message = input.take()
  if (message instanceof Promise) return nothingAfter(input, message)
  const polled = input.poll()
  if (polled === 'envelope') throw extraMessage()
  return polled === 'end' ? message : nothingAfter(input, message)
}

async function firstMessage(input: Input): Promise<Message> {
  input.requireSingle()
  for (let polled = input.poll(); polled !== 'envelope'; polled = input.poll()) {
    if (polled === 'end') {
      throw wrongCount('the request has no message: send one')
    }
    await input.ready()
  }
  return await nothingAfter(input, input.take())
}

async function nothingAfter(input: Input, first: Message | Promise<Message>): Promise<Message> {
  const message = await first
  for (let polled = input.poll(); polled !== 'end'; polled = input.poll()) {
    if (polled === 'envelope') throw extraMessage()
    await input.ready()
  }
  return message
}

function extraMessage(): ConnectError {
  return wrongCount('the request has more than one message: send one')
}

function wrongCount(text: string): ConnectError {
  return withReason(new ConnectError(text, Code.Unimplemented), 'MESSAGE_COUNT_INVALID')
}
