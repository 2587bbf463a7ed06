import type { Socket } from 'node:net'
import { type BodySource, Http1Body } from './body.ts'
import type { RequestHead } from './head.ts'
import { HeadReader } from './head-reader.ts'
import { Inlet } from './inlet.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

/** Receives the requests of a connection. */
export interface RequestTaker extends BodySource {
  /**
   * Returns whether the next request can be read: the client has taken the response to the one
   * before.
   */
  takesRequest(): boolean
  /** Reports that a head has begun to arrive. */
  onHeadBegun(): void
  /** Reports a complete head. The first bytes of its body follow before `onRequest`. */
  onHead(head: RequestHead, body: Http1Body | undefined): void
  onRequest(): void
  onBodyRead(body: Http1Body): void
  /** Reports input that breaks the protocol or a limit. */
  onRefusal(refusal: Refusal): void
  /** Reports that everything that can be read now has been read. */
  onRead(): void
}

const nothing: Buffer = Buffer.alloc(0)

/**
 * Reads requests one after the other, when their taker is ready for them. Until then it holds the
 * client back.
 */
export class RequestReader {
  /** Body that is arriving, until it is complete. */
  body: Http1Body | undefined
  /** True while the reader calls its taker. It continues by itself afterwards. */
  isReading = false
  readonly #taker: RequestTaker
  readonly #limits: Http1Limits
  readonly #heads: HeadReader
  readonly #inlet: Inlet
  #isStopped = false
  /** Bytes charged to the account for an incomplete head. */
  #partialBytes = 0
  /**
   * Requests that may still be read in this event-loop tick. At 0, reading continues in the next
   * turn.
   */
  #requestsLeft: number

  constructor(socket: Socket, limits: Http1Limits, taker: RequestTaker) {
    this.#taker = taker
    this.#limits = limits
    this.#requestsLeft = limits.pipelinedRequestsPerTickMax
    this.#heads = new HeadReader(limits)
    this.#inlet = new Inlet(socket, limits, taker.arrival.account)
  }

  /** True when a head has begun to arrive. */
  get isPartial(): boolean {
    return this.#heads.isPartial
  }

  /** True when no bytes wait to be read. */
  get isEmpty(): boolean {
    return this.#inlet.isEmpty
  }

  onData(bytes: Buffer): void {
    if (this.#requestsLeft > 0) this.#requestsLeft = this.#limits.pipelinedRequestsPerTickMax
    if (this.#isStopped) this.#inlet.linger(bytes)
    else if (this.#inlet.isEmpty && this.#isReady()) this.#read(bytes)
    else this.#inlet.keep(bytes)
  }

  /** Reads the waiting bytes, when the taker is ready. */
  goOn(): void {
    if (this.isReading || this.#inlet.isEmpty || !this.#isReady()) return
    this.#read(this.#inlet.takeAll())
  }

  /**
   * Lets the client send more, when there is room. Bytes that are being read may have to be kept
   * again.
   */
  resume(): void {
    if (!this.isReading) this.#inlet.resume(this.body)
  }

  /** Drops everything that arrives from now on. */
  stop(): void {
    this.#isStopped = true
    this.#chargePartial(0)
    this.body = undefined
    this.#inlet.clear()
    this.#inlet.resume(undefined)
  }

  #isReady(): boolean {
    return this.body !== undefined || (this.#requestsLeft > 0 && this.#taker.takesRequest())
  }

  #read(bytes: Buffer): void {
    let rest = bytes
    this.isReading = true
    try {
      while (rest.length > 0 && this.#isReady()) {
        if (this.body !== undefined) rest = this.#readBody(this.body, rest)
        else rest = this.#readHead(rest)
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      rest = nothing
      this.#taker.onRefusal(error)
    }
    this.isReading = false
    if (this.#isStopped) this.#inlet.linger(rest)
    else if (rest.length > 0) this.#inlet.keep(rest)
    this.resume()
    this.#taker.onRead()
  }

  #chargePartial(bytes: number): void {
    const added = bytes - this.#partialBytes
    if (added === 0) return
    this.#partialBytes = bytes
    const { account } = this.#taker.arrival
    if (added < 0) account.discharge(-added)
    else account.charge(added)
  }

  #beginTick(): void {
    this.#requestsLeft = this.#limits.pipelinedRequestsPerTickMax
    this.#taker.onRead()
  }

  #readHead(bytes: Buffer): Buffer {
    const wasPartial = this.#heads.isPartial
    const head = this.#heads.read(bytes)
    this.#chargePartial(wasPartial || head === undefined ? this.#heads.partialBytes : 0)
    if (head === undefined) {
      if (this.#heads.isPartial && !wasPartial) this.#taker.onHeadBegun()
      return nothing
    }
    if (--this.#requestsLeft === 0) setImmediate(() => this.#beginTick())
    let { rest } = this.#heads
    const { framing } = head
    const hasBody = framing.isChunked || framing.contentLength > 0
    const body = hasBody ? new Http1Body(this.#taker, framing, this.#limits) : undefined
    this.body = body
    this.#taker.onHead(head, body)
    if (body !== undefined && rest.length > 0) rest = this.#readBody(body, rest)
    this.#taker.onRequest()
    return rest
  }

  #readBody(body: Http1Body, bytes: Buffer): Buffer {
    const rest = body.feed(bytes)
    if (body.isWhole) this.body = undefined
    else if (body.isFull) this.#inlet.pause()
    this.#taker.onBodyRead(body)
    return rest
  }
}
