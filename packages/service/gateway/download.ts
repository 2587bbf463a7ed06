import type { ConnectError } from '@connectrpc/connect'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import type { ClientStream } from '@marquee/http/http2/client/port'
import { Envelopes } from './envelopes.ts'
import { lastWords } from './failure.ts'

export interface DownloadOptions {
  readonly stream: ClientStream
  /** Takes the trailers of an answer that is ended here. */
  readonly trailers: string[]
  /** By what the answer is, as its content type says. */
  readonly wire: Wire | undefined
  readonly onBytes: () => void
  /** Nobody reads on. */
  readonly onLeft: () => void
}

/**
 * The body of an answer as it comes, taken from its stream when the client wants more. One that is lost between two
 * messages is ended with an error, as its protocol has it; any other is broken off.
 */
export class Download implements AsyncIterable<Uint8Array> {
  readonly #options: DownloadOptions
  readonly #envelopes: Envelopes | undefined
  /** What came before the stream ended. */
  #chunks: Uint8Array[] = []
  #hasEnded = false
  #failure: ConnectError | undefined
  #onNews = () => {}

  constructor(options: DownloadOptions) {
    this.#options = options
    this.#envelopes = options.wire?.hasEnvelopes ? new Envelopes() : undefined
  }

  /** There may be bytes. */
  wake(): void {
    this.#onNews()
  }

  /** Takes the last bytes of a stream. */
  keep(chunks: readonly Uint8Array[]): void {
    this.#chunks.push(...chunks)
  }

  /** All has come, with these last bytes. */
  end(chunks: readonly Uint8Array[]): void {
    this.keep(chunks)
    this.#hasEnded = true
    this.#onNews()
  }

  /** Nothing more will come. */
  fail(error: ConnectError): void {
    this.#failure = error
    this.#onNews()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    const { stream, onBytes, onLeft } = this.#options
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
        else await this.#news()
      }
    } finally {
      onLeft()
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNews = resolve
    })
  }

  /** Ends the answer with an error, or throws it, which breaks the answer off. */
  #endWith(error: ConnectError): Uint8Array | undefined {
    const { wire, trailers } = this.#options
    if (wire === undefined || !this.#envelopes?.isBetween) throw error
    if (this.#envelopes.isComplete) return undefined
    const last = lastWords(wire, error)
    trailers.push(...last.trailers)
    return last.envelope
  }
}
