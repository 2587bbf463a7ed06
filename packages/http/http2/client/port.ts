import type { HeaderList } from '../../exchange.ts'

/** One request and its answer, as the client sees them (RFC 9113 §8.1). */
export interface ClientStream {
  /** The status of the answer, or 0 until its head has come. Of informational answers (1xx), only 100 is told. */
  readonly status: number
  /** The fields of the answer's head, without pseudo-headers. */
  readonly headers: HeaderList
  /** The trailer fields, once the answer has ended. */
  readonly trailers: HeaderList
  /** Whether all of the answer has come. What was not taken yet can still be. */
  readonly isComplete: boolean
  /** Bytes of the answer, or undefined when there are none at present. They are the taker's, and the peer may send as many again. */
  take(): Uint8Array | undefined
  /**
   * Sends bytes, which the caller does not change afterwards. False when enough is queued, and the caller should wait
   * for `drained`. Does nothing once the stream is over.
   */
  write(bytes: Uint8Array): boolean
  /** Resolves when there is room again, or the stream is over. */
  drained(): Promise<void>
  /** Ends the request, with its last bytes. */
  end(bytes?: Uint8Array): void
  /** Gives the stream up, by RST_STREAM with CANCEL unless it is over. Its owner hears nothing more. */
  cancel(): void
}

/** Who opened a stream, and hears of it. Either `onEnd` or `onFailure` is the last it hears, unless it cancels the stream. */
export interface StreamOwner {
  /** The stream is there. Called once, before anything else but a failure. */
  onOpen(stream: ClientStream): void
  /** The peer wants the body of a request that expects `100-continue` (RFC 9110 §10.1.1). It may say so never, or twice. */
  onContinue?(): void
  /** `status` and `fields` are there; with `isComplete` when there is nothing else. */
  onHead(): void
  /** `take` may have something. */
  onBytes(): void
  /** So many bytes of the answer more wait to be taken, or, below zero, fewer. What is taken at once is not counted. */
  onKept?(bytes: number): void
  /** The answer has ended. The request may not have: then it is for the owner to end or cancel it. */
  onEnd(): void
  /** The stream was not opened (`NotSentError`, `HeadTooLongError`), was reset by the peer (`StreamReset`), or was lost. */
  onFailure(cause: Error): void
}

/** The cause of an error of a request whose head is longer than the peer takes. Nothing was sent, here or elsewhere. */
export class HeadTooLongError extends Error {
  override readonly name = 'HeadTooLongError'
}

/** The cause of an error for which nothing was sent, or nothing was looked at, so that the peer cannot have acted on it. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}
