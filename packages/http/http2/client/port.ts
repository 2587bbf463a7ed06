import type { HeaderList } from '../../exchange.ts'

/** A request and its response, as the client sees them (RFC 9113 §8.1). */
export interface ClientStream {
  /**
   * Status of the response, or 0 until its head has arrived. Of informational responses (1xx), only
   * 100 is reported.
   */
  readonly status: number
  /** Headers of the response, without pseudo-headers. */
  readonly headers: HeaderList
  /** Trailers, once the response has ended. */
  readonly trailers: HeaderList
  /** True when the whole response has arrived. Bytes that were not taken yet can still be taken. */
  readonly isComplete: boolean
  /**
   * Returns bytes of the response, or `undefined` when there are none now. The caller owns them.
   * Taking them gives the peer credit for as many again.
   */
  take(): Uint8Array | undefined
  /**
   * Sends bytes. The caller must not change them afterwards. Returns `false` when the queue is
   * full; the caller should then wait for `drained`. Does nothing once the stream is over.
   */
  write(bytes: Uint8Array): boolean
  /** Resolves when there is room again, or the stream is over. */
  drained(): Promise<void>
  /** Ends the request, with its last bytes. */
  end(bytes?: Uint8Array): void
  /**
   * Cancels the stream, by RST_STREAM with CANCEL unless it is over. Its owner is not called any
   * more.
   */
  cancel(): void
}

/**
 * Receives the events of a stream that it opened. `onEnd` or `onFailure` is the last one, unless it
 * cancels the stream.
 */
export interface StreamOwner {
  /** Reports the open stream. Called once, before every other event but a failure. */
  onOpen(stream: ClientStream): void
  /**
   * Reports that the peer asks for the body of a request with `100-continue` (RFC 9110 §10.1.1).
   * The peer may never ask, or ask twice.
   */
  onContinue?(): void
  /**
   * Reports that `status` and `headers` have arrived. With `isComplete`, they are the whole
   * response.
   */
  onHead(): void
  /** Reports that `take` may have bytes. */
  onBytes(): void
  /**
   * Reports that `bytes` more of the response wait to be taken, or fewer when negative. Bytes that
   * are taken at once are not counted.
   */
  onKept?(bytes: number): void
  /** Reports the end of the response. The owner ends or cancels a request that is still open. */
  onEnd(): void
  /**
   * Reports that the stream was not opened (`NotSentError`, `HeadTooLongError`), was reset by the
   * peer (`StreamReset`), or was lost.
   */
  onFailure(cause: Error): void
}

/**
 * Cause of the error when the headers of a request are longer than the peer accepts. Nothing was
 * sent.
 */
export class HeadTooLongError extends Error {
  override readonly name = 'HeadTooLongError'
}

/**
 * Cause of the error when nothing was sent, or the peer has not processed it. The request is safe
 * to retry.
 */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}
