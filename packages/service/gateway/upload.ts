import type { Call } from '@marquee/connect-hono/call'
import type { RequestBody } from '@marquee/http/exchange'
import type { ClientStream } from '@marquee/http/http2/client/port'

export interface UploadOptions {
  readonly body: RequestBody
  readonly replayBytesMax: number
  /** Reads nothing of the body before `request` is called. */
  readonly waits?: boolean
  /** Charged with the bytes that are kept. */
  readonly call: Pick<Call, 'memory'>
  /** Called when the client has aborted the request. */
  readonly onAborted: (cause: unknown) => void
  readonly onBytes: () => void
}

/** Size of a body that is kept without a charge, as part of the cost of its stream, in bytes. */
const freeBytesMax = 8 * 1024

/**
 * Forwards a request body to the current stream, with backpressure. The bytes of a small body are
 * kept, so that they can be sent again on another stream.
 */
export class Upload {
  readonly #options: UploadOptions
  #stream: ClientStream | undefined
  #opened = Promise.withResolvers<void>()
  /** Resolves when the body is requested. `undefined` from then on. */
  #requested: PromiseWithResolvers<void> | undefined
  #kept: Uint8Array[] | undefined = []
  #keptBytes = 0
  #heldBytes = 0
  #isPumping = false
  #isComplete = false
  #isStopped = false

  constructor(options: UploadOptions) {
    this.#options = options
    if (options.waits) this.#requested = Promise.withResolvers<void>()
  }

  /** True when the whole body has been sent. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** True when the whole body can be sent on another stream. */
  get isReplayable(): boolean {
    return this.#kept !== undefined
  }

  /** Sends the body on this stream, from its beginning. */
  sendTo(stream: ClientStream): void {
    for (const bytes of this.#kept ?? []) stream.write(bytes)
    if (this.#isComplete) stream.end()
    this.#stream = stream
    this.#opened.resolve()
    if (this.#isPumping) return
    this.#isPumping = true
    void this.#pump()
  }

  /** Requests the body from the client. */
  request(): void {
    this.#requested?.resolve()
    this.#requested = undefined
  }

  /** Waits for another stream, because the current one is lost. */
  pause(): void {
    this.#stream = undefined
    this.#opened = Promise.withResolvers<void>()
  }

  /** Drops the kept bytes: the body will not be sent again. */
  forget(): void {
    this.#kept = undefined
    if (this.#heldBytes > 0) this.#options.call.memory.release(this.#heldBytes)
    this.#heldBytes = 0
  }

  /** Stops reading the body. */
  stop(): void {
    this.#isStopped = true
    this.forget()
  }

  async #pump(): Promise<void> {
    const { body, onBytes, onAborted } = this.#options
    try {
      while (!this.#isStopped) {
        const stream = this.#stream
        const bytes = stream && !this.#requested ? body.take() : undefined
        if (!stream) await this.#opened.promise
        else if (this.#requested) await this.#requested.promise
        else if (bytes) {
          this.#keep(bytes)
          onBytes()
          if (!stream.write(bytes)) await stream.drained()
        } else if (body.ended) {
          this.#isComplete = true
          stream.end()
          return
        } else await body.ready()
      }
    } catch (cause) {
      if (!this.#isStopped) onAborted(cause)
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length
    if (this.#keptBytes > this.#options.replayBytesMax) this.forget()
    if (this.#kept !== undefined && this.#holds(bytes.length)) this.#kept.push(bytes)
    else this.forget()
  }

  /** Charges the bytes beyond those that are free. Returns false when memory is short. */
  #holds(bytes: number): boolean {
    if (this.#keptBytes <= freeBytesMax) return true
    const isHeld = this.#options.call.memory.tryHold(bytes)
    if (isHeld) this.#heldBytes += bytes
    return isHeld
  }
}
