import type { Socket } from 'node:net'
import { type BodySource, Http1Body } from './body.ts'
import type { RequestHead } from './head.ts'
import { HeadReader } from './head-reader.ts'
import { Inlet } from './inlet.ts'
import type { Http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

/** Whom the requests of a connection are for. */
export interface RequestTaker extends BodySource {
  /** Whether the next request may be looked at: the one before is answered, and the answer taken. */
  takesRequest(): boolean
  /** A head has begun to come. */
  onHeadBegun(): void
  /** A head is whole; the first bytes of its body follow before `onRequest`. */
  onHead(head: RequestHead, body: Http1Body | undefined): void
  onRequest(): void
  onBodyRead(body: Http1Body): void
  /** What came breaks the protocol or a bound. */
  onRefusal(refusal: Refusal): void
  /** What can be read at present has been read. */
  onRead(): void
}

const nothing: Buffer = Buffer.alloc(0)

/** Reads requests one after the other, as their taker is ready for them; meanwhile the client is held back. */
export class RequestReader {
  /** The body that is coming, until it has come whole. */
  body: Http1Body | undefined
  /** Whether the taker is called from here, which goes on by itself. */
  isReading = false
  readonly #taker: RequestTaker
  readonly #limits: Http1Limits
  readonly #heads: HeadReader
  readonly #inlet: Inlet
  #isStopped = false
  /** What the account is charged for a head that has not come whole. */
  #partialBytes = 0
  /** Requests that may be read in this turn of the event loop; when none is left, the next turn is waited for. */
  #turnsLeft: number

  constructor(socket: Socket, limits: Http1Limits, taker: RequestTaker) {
    this.#taker = taker
    this.#limits = limits
    this.#turnsLeft = limits.pipelinedRequestsPerTickMax
    this.#heads = new HeadReader(limits)
    this.#inlet = new Inlet(socket, limits, taker.arrival.account)
  }

  /** Whether a head has begun to come. */
  get isPartial(): boolean {
    return this.#heads.isPartial
  }

  /** Whether nothing waits to be read. */
  get isEmpty(): boolean {
    return this.#inlet.isEmpty
  }

  onData(bytes: Buffer): void {
    if (this.#turnsLeft > 0) this.#turnsLeft = this.#limits.pipelinedRequestsPerTickMax
    if (this.#isStopped) this.#inlet.linger(bytes)
    else if (this.#inlet.isEmpty && this.#isReady()) this.#read(bytes)
    else this.#inlet.keep(bytes)
  }

  /** Reads what waits, if it can be. */
  goOn(): void {
    if (this.isReading || this.#inlet.isEmpty || !this.#isReady()) return
    this.#read(this.#inlet.takeAll())
  }

  /** Lets the client send more, if there is room; what is being read may have to be kept again. */
  resume(): void {
    if (!this.isReading) this.#inlet.resume(this.body)
  }

  /** From now on what comes is dropped. */
  stop(): void {
    this.#isStopped = true
    this.#chargePartial(0)
    this.body = undefined
    this.#inlet.clear()
    this.#inlet.resume(undefined)
  }

  #isReady(): boolean {
    return this.body !== undefined || (this.#turnsLeft > 0 && this.#taker.takesRequest())
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

  #beginTurn(): void {
    this.#turnsLeft = this.#limits.pipelinedRequestsPerTickMax
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
    if (--this.#turnsLeft === 0) setImmediate(() => this.#beginTurn())
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
