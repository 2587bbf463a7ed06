import type { HeaderList, RequestBody } from '../exchange.ts'
import type { Arrival } from './arrival.ts'
import { ChunkedDecoder } from './chunked.ts'
import type { Framing } from './framing.ts'
import type { Http1Limits } from './limits.ts'
import { Pieces } from './pieces.ts'

/** The connection that a body comes by. */
export interface BodySource {
  readonly arrival: Pick<Arrival, 'account'>
  /** Somebody waits for bytes. */
  onBodyWanted(): void
  /** There is room for more. */
  onBodyTaken(): void
}

const nothing: Buffer = Buffer.alloc(0)

/** The body of a request that has none. */
export const noBody: RequestBody = {
  ended: true,
  trailers: [],
  take: () => undefined,
  ready: () => Promise.resolve(),
  refuse: () => {},
}

/** A body as its connection takes it apart and its handler takes it. */
export class Http1Body implements RequestBody {
  trailers: HeaderList = []
  /** Whether all of it has come. */
  isWhole = false
  /** Whether nobody will take the rest. */
  isRefused = false
  readonly #source: BodySource
  readonly #limits: Http1Limits
  readonly #decoder: ChunkedDecoder | undefined
  /** Of a body with a length. */
  #leftBytes: number
  readonly #pieces: Pieces
  #waiter: PromiseWithResolvers<void> | undefined
  #failure: Error | undefined
  /** How many more bytes may be dropped, once they are. */
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

  /** Whether no more should come before some is taken. */
  get isFull(): boolean {
    return this.#pieces.isFull
  }

  /** Whether the rest may be read for nobody, so that the connection can be kept; how long chunks go on nobody knows. */
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

  /** Takes what belongs to the body, and answers what follows it. Throws a `Refusal`. */
  feed(bytes: Buffer): Buffer {
    const used = this.#decoder === undefined ? this.#feedPlain(bytes) : this.#feedChunked(bytes)
    if (this.isWhole || !this.#pieces.isEmpty) this.#wake()
    return used === bytes.length ? nothing : bytes.subarray(used)
  }

  /** The rest will not come, or nobody may take it any more. */
  fail(cause: Error): void {
    if (this.ended) return
    this.#failure ??= cause
    this.#pieces.clear()
    // Nobody need wait for it, and one who does is told.
    this.#waiter?.promise.catch(() => {})
    this.#waiter?.reject(this.#failure)
    this.#waiter = undefined
  }

  /** From now on what comes is dropped. */
  drop(): void {
    this.#dropBytesMax = this.#limits.discardedBytesMax
  }

  /** Whether more was dropped than may be. */
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
