import type { Arrival } from '../arrival.ts'
import type { HeaderList, RequestBody } from '../exchange.ts'
import { ChunkedDecoder } from './chunked.ts'
import type { Framing } from './framing.ts'
import type { Http1Limits } from './limits.ts'
import { Pieces } from './pieces.ts'

/** The connection that a body arrives on. */
export interface BodySource {
  readonly arrival: Pick<Arrival, 'account'>
  /** Reports that a reader waits for bytes. */
  onBodyWanted(): void
  /** Reports that the body has room for more. */
  onBodyTaken(): void
}

const nothing: Buffer = Buffer.alloc(0)

/** Body of a request without one. */
export const noBody: RequestBody = {
  ended: true,
  trailers: [],
  take: () => undefined,
  ready: () => Promise.resolve(),
  refuse: () => {},
}

/** Body of a request: the connection feeds it, and the handler takes it. */
export class Http1Body implements RequestBody {
  trailers: HeaderList = []
  /** True when the whole body has arrived. */
  isWhole = false
  /** True when the handler does not need the rest. */
  isRefused = false
  readonly #source: BodySource
  readonly #limits: Http1Limits
  readonly #decoder: ChunkedDecoder | undefined
  /** Bytes still to arrive of a body with a `content-length`. */
  #leftBytes: number
  readonly #pieces: Pieces
  #waiter: PromiseWithResolvers<void> | undefined
  #failure: Error | undefined
  /** Bytes that may still be dropped, while the rest is dropped. */
  #dropBytesMax: number | undefined

  constructor(source: BodySource, framing: Framing, limits: Http1Limits) {
    this.#source = source
    this.#limits = limits
    this.#decoder = framing.isChunked ? new ChunkedDecoder(limits) : undefined
    this.#leftBytes = framing.contentLength
    this.#pieces = new Pieces(limits.waitingBytesMax, source.arrival.account)
  }

  get ended(): boolean {
    return this.isWhole && this.#pieces.isEmpty && this.#failure === undefined
  }

  /** True when the client has to wait until some bytes are taken. */
  get isFull(): boolean {
    return this.#pieces.isFull
  }

  /**
   * True when the rest can be read and dropped, so that the connection is kept. The length of a
   * chunked body is unknown, so a refused one is not read to its end.
   */
  get isDroppable(): boolean {
    if (this.#decoder !== undefined) return !this.isRefused
    return this.#leftBytes <= this.#limits.discardedBytesMax
  }

  take(): Uint8Array | undefined {
    const piece = this.#pieces.shift()
    if (piece !== undefined) this.#source.onBodyTaken()
    return piece
  }

  ready(): Promise<void> {
    if (!this.#pieces.isEmpty || this.ended) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#waiter ??= Promise.withResolvers<void>()
    this.#source.onBodyWanted()
    return this.#waiter.promise
  }

  refuse(): void {
    this.isRefused = true
  }

  /** Takes the bytes of the body, and returns the bytes after them. Throws a `Refusal`. */
  feed(bytes: Buffer): Buffer {
    const used = this.#decoder === undefined ? this.#feedPlain(bytes) : this.#feedChunked(bytes)
    if (this.isWhole || !this.#pieces.isEmpty) this.#wake()
    return used === bytes.length ? nothing : bytes.subarray(used)
  }

  /** Fails the body: the rest will not arrive, or nothing may be taken any more. */
  fail(cause: Error): void {
    if (this.ended) return
    this.#failure ??= cause
    this.#pieces.clear()
    // A rejection without a waiting reader is not an unhandled one.
    this.#waiter?.promise.catch(() => {})
    this.#waiter?.reject(this.#failure)
    this.#waiter = undefined
  }

  /** Drops everything that arrives from now on. */
  drop(): void {
    this.#dropBytesMax = this.#limits.discardedBytesMax
  }

  /** True when more was dropped than the limit allows. */
  get isDroppedTooLong(): boolean {
    return this.#dropBytesMax !== undefined && this.#dropBytesMax < 0
  }

  #feedPlain(bytes: Buffer): number {
    const used = Math.min(this.#leftBytes, bytes.length)
    this.#leftBytes -= used
    this.isWhole = this.#leftBytes === 0
    this.#keep(used === bytes.length ? bytes : bytes.subarray(0, used), used)
    return used
  }

  #feedChunked(bytes: Buffer): number {
    const decoder = this.#decoder as ChunkedDecoder
    const data = decoder.decode(bytes)
    if (decoder.isDone) {
      this.isWhole = true
      this.trailers = decoder.trailers
    }
    this.#keep(data, decoder.used)
    return decoder.used
  }

  #keep(data: Buffer, wireBytes: number): void {
    if (this.#dropBytesMax !== undefined) {
      this.#dropBytesMax -= wireBytes
      return
    }
    if (this.#failure === undefined) this.#pieces.push(data)
  }

  #wake(): void {
    this.#waiter?.resolve()
    this.#waiter = undefined
  }
}
