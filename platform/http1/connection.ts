import type { Socket } from 'node:net'
import type { Swept } from '../http2/sweep.ts'
import { refusalAnswer } from './answer-head.ts'
import { type BodySource, Http1Body, noBody } from './body.ts'
import { type AnswerSink, Http1Exchange } from './exchange.ts'
import type { RequestHead } from './head.ts'
import { HeadReader } from './head-reader.ts'
import type { Hub } from './hub.ts'
import { Output } from './output.ts'
import { Pieces } from './pieces.ts'
import { Refusal } from './refusal.ts'

/** A connection as it is accepted. */
export interface Arrival {
  readonly socket: Socket
  readonly scheme: 'http' | 'https'
  /** The client's IP address. */
  readonly remoteAddress: string
}

/**
 * What the connection is about: the head of a request; an exchange, until its answer is sent; the rest of a body that
 * nobody took; or its own end, while it waits for the client to close as well.
 */
type Phase = 'head' | 'exchange' | 'dropping' | 'closing' | 'gone'

const nothing: Buffer = Buffer.alloc(0)
const never = Number.POSITIVE_INFINITY

/** A connection (RFC 9112 §9). Its requests are answered one after the other; the next one is not looked at before. */
export class Http1Connection implements Swept, AnswerSink, BodySource {
  sweepSlot: number | undefined = undefined
  readonly scheme: 'http' | 'https'
  readonly remoteAddress: string
  readonly output: Output
  readonly #hub: Hub
  readonly #socket: Socket
  readonly #onGone: (connection: Http1Connection) => void
  readonly #heads: HeadReader
  /** What came behind the request at hand. */
  readonly #backlog: Pieces
  #phase: Phase = 'head'
  #head: RequestHead | undefined
  #exchange: Http1Exchange | undefined
  /** The body of the request at hand, until it has come whole. */
  #body: Http1Body | undefined
  #owesContinue = false
  /** What is to become of the connection, once the whole answer is in `output`. */
  #verdict: 'keep' | 'close' | undefined
  #isReading = false
  #isPaused = false
  #isFlushAsked = false
  /** Whether the client has ended its side. */
  #isHalfClosed = false
  /** What had been written when that was last looked at. */
  #writtenBytes = 0
  #lingeredBytes = 0
  #requestsLeft: number
  #isAged = false
  readonly #agedAtMs: number
  /** When the client has to have done what it is waited for. */
  #readDueMs = never
  /** When it has to have taken what was written. */
  #writeDueMs = never
  #error: Error | undefined

  constructor(hub: Hub, arrival: Arrival, onGone: (connection: Http1Connection) => void) {
    const { limits } = hub
    const { socket } = arrival
    this.scheme = arrival.scheme
    this.remoteAddress = arrival.remoteAddress
    this.output = new Output(socket, limits.answerQueueBytes, () => this.#onBlocked())
    this.#hub = hub
    this.#socket = socket
    this.#onGone = onGone
    this.#heads = new HeadReader(limits)
    this.#backlog = new Pieces(limits.waitingBytesMax)
    this.#requestsLeft = hub.around(limits.requestCountMax)
    this.#agedAtMs = hub.now() + hub.around(limits.ageMaxMs)
    this.#expectWithin(limits.headTimeoutMs)
    socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => this.#leave(this.#error ?? new Error('the client left')))
    // One that was read before is not flowing.
    socket.resume()
  }

  /** Closes the connection behind the answer at hand, or soon when there is none. */
  drain(): void {
    if (this.#phase === 'head' && !this.#heads.isPartial) this.#rest()
  }

  destroy(cause: Error): void {
    this.#leave(cause)
    this.#socket.destroy()
  }

  // The answer

  dateLine(): string {
    return this.#hub.dateLine()
  }

  persists(isLast: boolean): boolean {
    if (!this.#head?.keepsAlive || this.#requestsLeft <= 0 || this.#isAged) return false
    if (this.#hub.isDraining) return false
    const body = this.#body
    if (body === undefined) return true
    // A client that was not told to go on may send the body or not (RFC 9110 §10.1.1).
    if (this.#owesContinue) return false
    if (!isLast && !body.isRefused) return true
    const { leftBytes } = body
    return leftBytes === undefined ? !body.isRefused : this.#isDroppable(leftBytes)
  }

  flushSoon(): void {
    if (this.#isFlushAsked) return
    this.#isFlushAsked = true
    this.#hub.flushSoon(this)
  }

  flush(): void {
    this.#isFlushAsked = false
    if (this.#verdict === undefined) this.#exchange?.sendHead()
    this.output.flush()
  }

  onAnswered(keep: boolean): void {
    this.#verdict = keep ? 'keep' : 'close'
    this.#body?.fail(new Error('the answer has been sent'))
    if (this.#isReading) return
    this.output.flush()
    this.#goOn()
  }

  onAborted(): void {
    this.destroy(new Error('the answer was broken off'))
  }

  // The body

  onBodyWanted(): void {
    this.#expectWithin(this.#hub.limits.bodyTimeoutMs)
    if (!this.#owesContinue || this.#exchange?.isHeadSent) return
    this.#owesContinue = false
    this.output.push('HTTP/1.1 100 Continue\r\n\r\n')
    this.output.flush()
  }

  onBodyTaken(): void {
    this.#resume()
  }

  // Deadlines

  onSweep(nowMs: number): number {
    if (nowMs >= this.#agedAtMs) this.#isAged = true
    if (nowMs >= this.#writeDueMs) this.destroy(new Error('the client takes nothing'))
    else if (nowMs >= this.#readDueMs) {
      this.#readDueMs = never
      this.#onOverdue()
    }
    if (this.#phase === 'gone') return never
    return Math.min(this.#readDueMs, this.#writeDueMs, this.#isAged ? never : this.#agedAtMs)
  }

  #expectWithin(timeoutMs: number): void {
    this.#readDueMs = this.#hub.now() + timeoutMs
    this.#hub.sweep.lookAt(this, this.#readDueMs)
  }

  #onOverdue(): void {
    switch (this.#phase) {
      case 'head':
        if (this.#heads.isPartial) this.#refuse(new Refusal(408, 'the request did not come'))
        else this.#close()
        return
      case 'exchange':
        if (!this.#isHalfClosed) this.#refuse(new Refusal(408, 'the body did not come'))
        else if (this.output.writtenBytes > this.#writtenBytes) this.#awaitReset()
        else this.destroy(new Error('the client left'))
        return
      case 'dropping':
        this.#close()
        return
      case 'closing':
        this.destroy(new Error('the client does not close'))
    }
  }

  /** The client has ended its side. If it is gone, it will say so when something is written. */
  #awaitReset(): void {
    this.#writtenBytes = this.output.writtenBytes
    this.#expectWithin(this.#hub.limits.halfClosedTimeoutMs)
  }

  #onBlocked(): void {
    this.#writeDueMs = this.#hub.now() + this.#hub.limits.stalledTimeoutMs
    this.#hub.sweep.lookAt(this, this.#writeDueMs)
  }

  // What comes

  #onData(bytes: Buffer): void {
    if (this.#phase === 'closing') this.#linger(bytes)
    else if (this.#isWaiting || !this.#backlog.isEmpty) this.#wait(bytes)
    else if (this.#phase !== 'gone') this.#read(bytes)
  }

  /** Whether an answer has to be sent before the next request is looked at. */
  get #isWaiting(): boolean {
    return this.#phase === 'exchange' && this.#body === undefined
  }

  /** Reads on until all has been read, or a request cannot be answered at once. */
  #read(bytes: Buffer): void {
    let rest = bytes
    let turnsLeft = this.#hub.limits.pipelinedTurnMax
    this.#isReading = true
    try {
      while (rest.length > 0 && turnsLeft > 0) {
        if (this.#body !== undefined) rest = this.#readBody(this.#body, rest)
        else if (this.#phase === 'head' && this.output.hasRoom) {
          rest = this.#readHead(rest)
          turnsLeft--
        } else break
        this.#settle()
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      rest = nothing
      this.#refuse(error)
    }
    this.#isReading = false
    if (rest.length > 0) this.#onData(rest)
    if (turnsLeft === 0) setImmediate(() => this.#goOn())
    this.output.flush()
    this.#settle()
    this.#rest()
  }

  #readHead(bytes: Buffer): Buffer {
    const isNew = !this.#heads.isPartial
    const head = this.#heads.read(bytes)
    if (head === undefined) {
      if (isNew && this.#heads.isPartial) this.#expectWithin(this.#hub.limits.headTimeoutMs)
      return nothing
    }
    let { rest } = this.#heads
    const body = this.#begin(head)
    if (body !== undefined && rest.length > 0) rest = this.#readBody(body, rest)
    if (this.#exchange !== undefined) this.#hub.respond(this.#exchange)
    return rest
  }

  #begin(head: RequestHead): Http1Body | undefined {
    const hasBody = head.isChunked || head.contentLength > 0
    const body = hasBody ? new Http1Body(this, head, this.#hub.limits) : undefined
    this.#requestsLeft--
    this.#head = head
    this.#body = body
    this.#owesContinue = hasBody && head.expectsContinue
    this.#exchange = new Http1Exchange(head, this, body ?? noBody)
    this.#phase = 'exchange'
    this.#readDueMs = never
    return body
  }

  #readBody(body: Http1Body, bytes: Buffer): Buffer {
    this.#owesContinue = false
    const rest = body.feed(bytes)
    if (this.#phase === 'dropping') {
      if (body.isDroppedTooLong) this.#close()
      else if (body.isWhole) this.#phase = 'head'
    } else this.#readDueMs = never
    if (body.isWhole) this.#body = undefined
    else if (body.isFull) this.#pause()
    return rest
  }

  #wait(bytes: Buffer): void {
    this.#backlog.push(bytes)
    if (this.#backlog.isFull) this.#pause()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.#body?.isFull || this.#backlog.isFull) return
    this.#isPaused = false
    this.#socket.resume()
  }

  #onDrain(): void {
    this.#writeDueMs = never
    this.output.onDrain()
    if (this.#phase === 'closing') this.#awaitClose()
    else this.#goOn()
  }

  #onEnd(): void {
    this.#isHalfClosed = true
    if (this.#phase === 'dropping') this.#close()
    else if (this.#body !== undefined) this.#refuse(new Refusal(400, 'the body is not whole'))
    else if (this.#phase === 'exchange') this.#awaitReset()
    else this.#rest()
  }

  // What follows

  /** Sees whether the answer at hand is sent, and does what follows it. */
  #goOn(): void {
    this.#settle()
    if (this.#phase !== 'head' || this.#isReading) return
    if (this.#backlog.isEmpty) this.#rest()
    else if (this.output.hasRoom) {
      const bytes = this.#backlog.takeAll()
      this.#resume()
      this.#read(bytes)
    }
  }

  #settle(): void {
    const verdict = this.#verdict
    if (verdict === undefined || this.output.isBlocked) return
    this.#verdict = undefined
    this.#exchange?.finish(undefined)
    this.#exchange = undefined
    if (this.#phase !== 'exchange') return
    if (verdict === 'close') this.#close()
    else if (this.#body === undefined) this.#phase = 'head'
    else this.#drop(this.#body)
  }

  /** Takes the rest of the body, so that the next request can be read. */
  #drop(body: Http1Body): void {
    const { discardedBytesMax, closeTimeoutMs } = this.#hub.limits
    if (!this.#isDroppable(body.leftBytes ?? 0)) {
      this.#close()
      return
    }
    this.#phase = 'dropping'
    body.drop(discardedBytesMax)
    this.#expectWithin(closeTimeoutMs)
    this.#resume()
  }

  #isDroppable(bytes: number): boolean {
    return bytes <= this.#hub.limits.discardedBytesMax
  }

  /** With nothing to do, the connection is kept for a while; nothing comes of a client that has ended its side. */
  #rest(): void {
    if (this.#phase !== 'head' || !this.#backlog.isEmpty) return
    const { idleTimeoutMs, drainIdleTimeoutMs } = this.#hub.limits
    if (this.#heads.isPartial) {
      if (this.#isHalfClosed) this.#refuse(new Refusal(400, 'the request is not whole'))
    } else if (this.#isHalfClosed) this.#close()
    else this.#expectWithin(this.#hub.isDraining ? drainIdleTimeoutMs : idleTimeoutMs)
  }

  /** Ends the connection, with an answer where there can still be one. */
  #refuse(refusal: Refusal): void {
    this.#body?.fail(refusal)
    if (this.#exchange?.isHeadSent) {
      this.destroy(refusal)
      return
    }
    const isAnswered = this.#phase === 'dropping' || refusal.status === undefined
    this.#exchange?.finish(refusal)
    if (!isAnswered) this.output.push(refusalAnswer(refusal, this.dateLine()))
    this.#close()
  }

  /** Ends our side, and waits for the client's: what it still sends must not make it lose the answer (RFC 9112 §9.6). */
  #close(): void {
    this.#phase = 'closing'
    this.#verdict = undefined
    this.#exchange = undefined
    this.#body = undefined
    this.#backlog.clear()
    this.#readDueMs = never
    this.#resume()
    this.output.end()
    this.#awaitClose()
  }

  #awaitClose(): void {
    if (this.output.isEnded) this.#expectWithin(this.#hub.limits.closeTimeoutMs)
  }

  #linger(bytes: Buffer): void {
    this.#lingeredBytes += bytes.length
    // The client is held up from here on, and sees the answer.
    if (this.#lingeredBytes > this.#hub.limits.lingeringBytesMax) this.#pause()
  }

  #leave(cause: Error): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#hub.sweep.remove(this)
    this.output.close()
    this.#backlog.clear()
    this.#body?.fail(cause)
    this.#exchange?.finish(cause)
    this.#onGone(this)
  }
}
