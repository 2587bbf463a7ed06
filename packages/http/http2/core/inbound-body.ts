import type { HeaderList, RequestBody } from '../../exchange.ts'

/** Receives the events of a body. */
export interface BodyOwner {
  /** Reports that `bytes` were taken or dropped. */
  onTaken(bytes: number): void
  /** Reports that `bytes` more are kept after this event-loop turn, or fewer when negative. */
  onKept(bytes: number): void
  /** Reports that a reader waits and there are no bytes. */
  onWanted(): void
  /** Reports that the rest is not needed. */
  onRefused(): void
  /** Reports that there are bytes, or that the body is complete. */
  onArrived?(): void
}

/** Smaller chunks are copied when they are kept, so that little data does not hold much memory. */
const viewBytesMin = 4 * 1024
/** Smallest share of its source that a chunk must have to be kept as a view. */
const viewShareMin = 1 / 4

const noHeaders: HeaderList = []

/**
 * DATA that has arrived on a stream and was not taken (RFC 9113 §6.1): of a request at a server, of
 * a response at a client.
 */
export class InboundBody implements RequestBody {
  trailers: HeaderList = noHeaders
  readonly #owner: BodyOwner
  readonly #chunks: Uint8Array[] = []
  /** Number of chunks that are copies, or views that may stay. */
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

  /** True while a reader waits for more. */
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
    const waiting = this.#waiting ?? Promise.withResolvers<void>()
    this.#waiting = waiting
    this.#owner.onWanted()
    return waiting.promise
  }

  refuse(): void {
    this.drop()
    this.#owner.onRefused()
  }

  /** Adds bytes, which are a view of their source. `settle` copies them when that is better. */
  receive(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#wake()
  }

  /**
   * Copies chunks that were not taken at once and are a small part of their source. Otherwise a
   * byte of a body could keep a whole read of the socket.
   */
  settle(sourceBytes: number): void {
    const chunks = this.#chunks
    if (chunks.length === this.#settled) return
    let small: Uint8Array[] = []
    // Small chunks are appended to a small one that was kept before, so that tiny frames do not
    // become tiny objects.
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

  /** Completes the body. */
  complete(trailers: HeaderList): void {
    this.#complete = true
    this.trailers = trailers
    this.#wake()
  }

  /** Fails the body: the rest will not arrive. Bytes that have arrived can still be taken. */
  fail(cause: Error): void {
    if (this.#complete || this.#failure !== undefined) return
    this.#failure = cause
    this.#waiting?.reject(cause)
    this.#waiting = undefined
  }

  /** Drops the bytes that have arrived, and fails the body unless it was taken whole. */
  cut(cause: Error): void {
    if (this.ended) return
    this.drop()
    this.#complete = false
    this.fail(cause)
  }

  /** Drops the bytes that have arrived. */
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
  // Not `Buffer.concat`: its small buffers share memory, which any one of them would keep.
  const bytes = Buffer.allocUnsafeSlow(length)
  let offset = 0
  for (const chunk of small) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  chunks.push(bytes)
}
