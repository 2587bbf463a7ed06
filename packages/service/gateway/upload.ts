import type { Call } from '@marquee/connect-hono/call'
import type { RequestBody } from '@marquee/http/exchange'
import type { ClientStream } from '@marquee/http/http2/client/port'

export interface UploadOptions {
  readonly body: RequestBody
  readonly replayBytesMax: number
  /** Whether nothing is taken of the body before `fetch` is called. */
  readonly waits?: boolean
  /** Charged with what is kept. */
  readonly call: Pick<Call, 'memory'>
  /** The client broke off. */
  readonly onCutOff: (cause: unknown) => void
  readonly onBytes: () => void
}

/** What may be kept of a request's body as part of what its stream costs. */
const freeBytesMax = 8 * 1024

/**
 * The body of a request on its way to the stream that is open at the time, as fast as that takes it. What was sent is
 * kept, as long as it is little, to be sent again to another stream.
 */
export class Upload {
  readonly #options: UploadOptions
  #stream: ClientStream | undefined
  #opened = Promise.withResolvers<void>()
  /** Resolves when the body is wanted; undefined once it is. */
  #wanted: PromiseWithResolvers<void> | undefined
  #kept: Uint8Array[] | undefined = []
  #keptBytes = 0
  #heldBytes = 0
  #isPumping = false
  #isComplete = false
  #isStopped = false

  constructor(options: UploadOptions) {
    this.#options = options
    if (options.waits) this.#wanted = Promise.withResolvers<void>()
  }

  /** Whether all of the body has been sent. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether another stream could be sent all of it. */
  get isReplayable(): boolean {
    return this.#kept !== undefined
  }

  /** Sends the body to this stream, from its beginning. */
  sendTo(stream: ClientStream): void {
    for (const bytes of this.#kept ?? []) stream.write(bytes)
    if (this.#isComplete) stream.end()
    this.#stream = stream
    this.#opened.resolve()
    if (this.#isPumping) return
    this.#isPumping = true
    void this.#pump()
  }

  /** The body is wanted. */
  fetch(): void {
    this.#wanted?.resolve()
    this.#wanted = undefined
  }

  /** Its stream is lost; there may be another. */
  pause(): void {
    this.#stream = undefined
    this.#opened = Promise.withResolvers<void>()
  }

  /** No other stream will be sent it. */
  forget(): void {
    this.#kept = undefined
    if (this.#heldBytes > 0) this.#options.call.memory.release(this.#heldBytes)
    this.#heldBytes = 0
  }

  /** Nobody wants more of it. */
  stop(): void {
    this.#isStopped = true
    this.forget()
  }

  async #pump(): Promise<void> {
    const { body, onBytes, onCutOff } = this.#options
    try {
      while (!this.#isStopped) {
        const stream = this.#stream
        const bytes = stream && !this.#wanted ? body.take() : undefined
        if (!stream) await this.#opened.promise
        else if (this.#wanted) await this.#wanted.promise
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
      if (!this.#isStopped) onCutOff(cause)
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#keptBytes += bytes.length
    if (this.#keptBytes > this.#options.replayBytesMax) this.forget()
    if (this.#kept !== undefined && this.#holds(bytes.length)) this.#kept.push(bytes)
    else this.forget()
  }

  /** Little is not charged, so that short calls cost nothing more. */
  #holds(bytes: number): boolean {
    if (this.#keptBytes <= freeBytesMax) return true
    const isHeld = this.#options.call.memory.tryHold(bytes)
    if (isHeld) this.#heldBytes += bytes
    return isHeld
  }
}
