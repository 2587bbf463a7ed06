import type { HeaderList, RequestBody } from '../../exchange.ts'

/** What a body tells its stream. */
export interface BodyOwner {
  /** So many bytes were taken, or will not be. */
  onTaken(bytes: number): void
  /** So many bytes more are kept for the next turn of the event loop, or, below zero, fewer. */
  onKept(bytes: number): void
  /** Somebody waits, and nothing is here. */
  onWanted(): void
  /** Nobody will take the rest. */
  onRefused(): void
  /** There are bytes, or all has come. */
  onArrived?(): void
}

/** A chunk that is smaller is copied when it is kept, so that little data does not hold much memory. */
const viewBytesMin = 4 * 1024
/** A view is kept when it is at least this part of what it is a view of. */
const viewShareMin = 1 / 4

const noHeaders: HeaderList = []

/** The DATA that has come on a stream and is not taken (RFC 9113 §6.1): of a request here, of an answer at a client. */
export class InboundBody implements RequestBody {
  trailers: HeaderList = noHeaders
  readonly #owner: BodyOwner
  readonly #chunks: Uint8Array[] = []
  /** How many chunks are not views, or are views that may stay. */
  #settled = 0
  /** Bytes of those chunks. */
  keptBytes = 0
  #complete = false
  #failure: Error | undefined
  #waiting: PromiseWithResolvers<void> | undefined

  constructor(owner: BodyOwner) {
    this.#owner = owner
  }

  get ended(): boolean {
    return this.#complete && this.#chunks.length === 0
  }

  /** Whether somebody waits for more. */
  get isWanted(): boolean {
    return this.#waiting !== undefined
  }

  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    if (this.#settled > 0) {
      this.#settled--
      this.#keep(-chunk.length)
    }
    this.#owner.onTaken(chunk.length)
    return chunk
  }

  ready(): Promise<void> {
    if (this.#chunks.length > 0 || this.#complete) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#owner.onWanted()
    this.#waiting ??= Promise.withResolvers<void>()
    return this.#waiting.promise
  }

  refuse(): void {
    this.drop()
    this.#owner.onRefused()
  }

  /** Adds what is a view of `source`, until `settle`. */
  receive(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#wake()
  }

  /**
   * Copies what has not been taken at once and is a small part of what it came in: otherwise a byte of a body could keep
   * a whole read of the socket.
   */
  settle(sourceBytes: number): void {
    const chunks = this.#chunks
    if (chunks.length === this.#settled) return
    let small: Uint8Array[] = []
    // A small one that was kept before gets the next small ones added, lest tiny frames become tiny objects.
    const from =
      this.#settled > 0 && isSmall(chunks[this.#settled - 1]) ? this.#settled - 1 : this.#settled
    const fresh = chunks.splice(from)
    for (const chunk of fresh) {
      if (!isSmall(chunk) && chunk.length >= sourceBytes * viewShareMin) {
        keep(small, chunks)
        small = []
        chunks.push(chunk)
      } else small.push(chunk)
    }
    keep(small, chunks)
    this.#settled = chunks.length
    let bytes = 0
    for (const chunk of chunks) bytes += chunk.length
    // Last, because it may reset the stream.
    this.#keep(bytes - this.keptBytes)
  }

  /** All has come. */
  complete(trailers: HeaderList): void {
    this.#complete = true
    this.trailers = trailers
    this.#wake()
  }

  /** The rest will not come. What has come can still be taken. */
  fail(cause: Error): void {
    if (this.#complete || this.#failure !== undefined) return
    this.#failure = cause
    this.#waiting?.reject(cause)
    this.#waiting = undefined
  }

  /** Nobody can use it any more: what is here is dropped, and it has not ended, unless it was taken whole. */
  cut(cause: Error): void {
    if (this.ended) return
    this.drop()
    this.#complete = false
    this.fail(cause)
  }

  /** Forgets what is here. */
  drop(): void {
    let bytes = 0
    for (const chunk of this.#chunks) bytes += chunk.length
    this.#chunks.length = 0
    this.#settled = 0
    if (this.keptBytes > 0) this.#keep(-this.keptBytes)
    if (bytes > 0) this.#owner.onTaken(bytes)
  }

  #keep(bytes: number): void {
    this.keptBytes += bytes
    this.#owner.onKept(bytes)
  }

  #wake(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
    this.#owner.onArrived?.()
  }
}

function isSmall(chunk: Uint8Array | undefined): boolean {
  return chunk !== undefined && chunk.length < viewBytesMin
}

function keep(small: readonly Uint8Array[], chunks: Uint8Array[]): void {
  if (small.length === 0) return
  let length = 0
  for (const chunk of small) length += chunk.length
  // Not `Buffer.concat`: small buffers of it share memory, which one of them would keep.
  const bytes = Buffer.allocUnsafeSlow(length)
  let offset = 0
  for (const chunk of small) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  chunks.push(bytes)
}
