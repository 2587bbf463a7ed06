import type { ConnectError } from '@connectrpc/connect'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Envelopes } from './envelopes.ts'
import { endOfResponse } from './failure.ts'

export interface DownloadOptions {
  readonly stream: ClientStream
  /** Receives the trailers of a response that ends with an error. */
  readonly trailers: string[]
  /** Protocol of the response, from its content type. */
  readonly wire: Wire | undefined
  readonly onBytes: () => void
  /** Called when nobody reads the rest. */
  readonly onAbandon: () => void
}

/**
 * Body of a forwarded response. It reads from its stream when the client reads, which is the
 * backpressure. A stream that fails between two messages ends with an error of its protocol. Other
 * failures abort the response.
 */
export class Download implements AsyncIterable<Uint8Array> {
  readonly #options: DownloadOptions
  readonly #envelopes: Envelopes | undefined
  /** Bytes that arrived before the stream ended. */
  #chunks: Uint8Array[] = []
  #hasEnded = false
  #failure: ConnectError | undefined
  #wakeUp = () => {}

  constructor(options: DownloadOptions) {
    this.#options = options
    this.#envelopes = options.wire?.hasEnvelopes
      ? new Envelopes(options.wire.hasTextResponse)
      : undefined
  }

  /** Called when the stream may have bytes. */
  wake(): void {
    this.#wakeUp()
  }

  /** Adds the last bytes of a stream. */
  append(chunks: readonly Uint8Array[]): void {
    this.#chunks.push(...chunks)
  }

  /** Ends the body with these last bytes. */
  end(chunks: readonly Uint8Array[]): void {
    this.append(chunks)
    this.#hasEnded = true
    this.#wakeUp()
  }

  /** Fails the body. */
  fail(error: ConnectError): void {
    this.#failure = error
    this.#wakeUp()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    const { stream, onBytes, onAbandon } = this.#options
    try {
      for (;;) {
        const bytes = this.#chunks.shift() ?? stream.take()
        if (bytes !== undefined) {
          this.#envelopes?.pass(bytes)
          onBytes()
          yield bytes
        } else if (this.#failure !== undefined) {
          const last = this.#endWith(this.#failure)
          if (last !== undefined) yield last
          return
        } else if (this.#hasEnded) return
        else await this.#nextEvent()
      }
    } finally {
      onAbandon()
    }
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeUp = resolve
    })
  }

  /**
   * Returns the last bytes of a response that ends with an error, or throws, which aborts the
   * response.
   */
  #endWith(error: ConnectError): Uint8Array | undefined {
    const { wire, trailers } = this.#options
    if (wire === undefined || !this.#envelopes?.isBetween) throw error
    if (this.#envelopes.isComplete) return undefined
    const last = endOfResponse(wire, error)
    trailers.push(...last.trailers)
    return last.envelope
  }
}
