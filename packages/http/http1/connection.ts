import type { Socket } from 'node:net'
import type { Arrival } from '../arrival.ts'
import type { MemoryHolder } from '../memory/account.ts'
import { type Http1Body, noBody } from './body.ts'
import type { Http1Context } from './context.ts'
import { type DeadlineOwner, Deadlines } from './deadlines.ts'
import { Http1Exchange, type ResponseSink } from './exchange.ts'
import type { RequestHead } from './head.ts'
import { Output } from './output.ts'
import { Refusal } from './refusal.ts'
import { RequestReader, type RequestTaker } from './request-reader.ts'
import { refusalResponse } from './response-head.ts'

/** `dropping` reads the rest of an unread body. `closing` waits for the client to close. */
type Phase = 'head' | 'exchange' | 'dropping' | 'closing' | 'gone'

/** A connection (RFC 9112 §9), which handles its requests one after the other. */
export class Http1Connection implements ResponseSink, RequestTaker, DeadlineOwner, MemoryHolder {
  readonly arrival: Arrival
  readonly output: Output
  readonly #context: Http1Context
  readonly #socket: Socket
  readonly #onGone: (self: Http1Connection) => void
  readonly #requests: RequestReader
  readonly #deadlines: Deadlines
  #phase: Phase = 'head'
  #head: RequestHead | undefined
  #exchange: Http1Exchange | undefined
  #owesContinue = false
  /** Decision about the connection, once the whole response is in `output`. */
  #verdict: 'keep' | 'close' | undefined
  #isFlushScheduled = false
  /** True when the client has ended its side. */
  #isHalfClosed = false
  #writtenBytes = 0
  #requestsLeft: number
  #error: Error | undefined

  constructor(context: Http1Context, arrival: Arrival, onGone: (self: Http1Connection) => void) {
    const { limits } = context
    const { socket } = arrival
    arrival.account.holder = this
    this.arrival = arrival
    const onBlocked = () => this.#deadlines.expectTaken()
    this.output = new Output(arrival, limits.responseQueueBytes, onBlocked)
    this.#context = context
    this.#socket = socket
    this.#onGone = onGone
    this.#requests = new RequestReader(socket, limits, this)
    this.#deadlines = new Deadlines(context, this)
    this.#requestsLeft = context.around(limits.requestCountMax)
    this.#deadlines.expectWithin(limits.headTimeoutMs)
    socket.on('data', (bytes: Buffer) => this.#requests.onData(bytes))
    socket.on('end', () => this.#onEnd())
    socket.on('drain', () => this.#onDrain())
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.on('close', () => this.#leave(this.#error ?? new Error('the client left')))
    // A socket that was read before is not flowing.
    socket.resume()
  }

  /** Closes the connection after the current response, or soon when there is none. */
  drain(): void {
    if (this.#phase === 'head' && !this.#requests.isPartial) this.#rest()
  }

  destroy(cause: Error): void {
    this.#leave(cause)
    this.#socket.destroy()
  }

  /** Destroys the connection: its client does not read, or its request is not taken. */
  shed(): boolean {
    const wasGone = this.#phase === 'gone'
    this.destroy(new Error('memory is short, and this client holds the most'))
    return !wasGone
  }

  dateLine(): string {
    return this.#context.dateLine()
  }

  persists(isLast: boolean): boolean {
    if (!this.#head?.framing.keepsAlive || this.#context.isDraining) return false
    if (this.#requestsLeft <= 0 || this.#deadlines.isAged) return false
    const body = this.#requests.body
    if (body === undefined) return true
    // A client that got no 100 may send the body or not (RFC 9110 §10.1.1).
    if (this.#owesContinue) return false
    if (!isLast && !body.isRefused) return true
    return body.isDroppable
  }

  flushSoon(): void {
    if (!this.#isFlushScheduled) this.#context.flushSoon(this)
    this.#isFlushScheduled = true
  }

  flush(): void {
    this.#isFlushScheduled = false
    if (this.#verdict === undefined) this.#exchange?.sendHead()
    this.output.flush()
  }

  onResponded(keep: boolean): void {
    this.#verdict = keep ? 'keep' : 'close'
    this.#requests.body?.fail(new Error('the response is complete: read the body before it ends'))
    if (this.#requests.isReading) return
    this.output.flush()
    this.#goOn()
  }

  onAborted(isDelimited: boolean): void {
    if (!isDelimited && this.arrival.scheme === 'http') this.#socket.resetAndDestroy()
    this.destroy(new Error('the response was aborted'))
  }

  onBodyWanted(): void {
    this.#deadlines.expectWithin(this.#context.limits.bodyTimeoutMs)
    if (!this.#owesContinue || this.#exchange?.isHeadSent) return
    this.#owesContinue = false
    this.output.push('HTTP/1.1 100 Continue\r\n\r\n')
    this.output.flush()
  }

  onBodyTaken(): void {
    this.#requests.resume()
  }

  onStalled(): void {
    this.destroy(new Error('the client does not read the response'))
  }

  onOverdue(): void {
    switch (this.#phase) {
      case 'head':
        if (this.#requests.isPartial)
          this.onRefusal(new Refusal(408, 'the request did not arrive in time: send it again'))
        else this.#close()
        return
      case 'exchange':
        if (!this.#isHalfClosed)
          this.onRefusal(new Refusal(408, 'the body did not arrive in time: send it again'))
        else if (this.output.writtenBytes > this.#writtenBytes) this.#awaitReset()
        else this.destroy(new Error('the client left'))
        return
      case 'closing':
        return void this.destroy(new Error('the client does not close the connection'))
      case 'dropping':
        this.#close()
    }
  }

  /** Waits for a reset: when the client has left, its host responds to a write with one. */
  #awaitReset(): void {
    this.#writtenBytes = this.output.writtenBytes
    this.#deadlines.expectWithin(this.#context.limits.halfClosedTimeoutMs)
  }

  takesRequest(): boolean {
    this.#settle()
    if (this.#phase !== 'head') return false
    if (!this.output.hasRoom) this.output.flush()
    return this.output.hasRoom
  }

  onHeadBegun(): void {
    this.#deadlines.expectWithin(this.#context.limits.headTimeoutMs)
  }

  onHead(head: RequestHead, body: Http1Body | undefined): void {
    this.#requestsLeft--
    this.#head = head
    this.#owesContinue = head.framing.expectsContinue && body !== undefined
    this.#exchange = new Http1Exchange(head, this, body ?? noBody)
    this.#phase = 'exchange'
    if (this.#isHalfClosed) this.#awaitReset()
    else this.#deadlines.expectNothing()
  }

  onRequest(): void {
    if (this.#exchange !== undefined) this.#context.respond(this.#exchange)
  }

  onBodyRead(body: Http1Body): void {
    this.#owesContinue = false
    if (this.#phase === 'exchange') this.#deadlines.expectNothing()
    else if (body.isDroppedTooLong) this.#close()
    else if (body.isWhole) this.#phase = 'head'
  }

  /** Ends the connection, with a response when one can still be sent. */
  onRefusal(refusal: Refusal): void {
    this.#requests.body?.fail(refusal)
    const hasResponse = this.#phase === 'dropping' || this.#verdict !== undefined
    if (this.#exchange?.isHeadSent && !hasResponse) {
      this.destroy(refusal)
      return
    }
    this.#exchange?.finish(refusal)
    if (!hasResponse && refusal.status !== undefined)
      this.output.push(refusalResponse(refusal, this.dateLine()))
    this.#close()
  }

  onRead(): void {
    if (this.#isHalfClosed && this.#requests.isEmpty) this.#onEnd()
    this.output.flush()
    this.#goOn()
  }

  #onDrain(): void {
    this.#deadlines.onTaken()
    this.output.onDrain()
    if (this.#phase === 'closing') this.#awaitClose()
    else this.#goOn()
  }

  #onEnd(): void {
    this.#isHalfClosed = true
    if (this.#phase === 'dropping') this.#close()
    else if (this.#requests.body !== undefined)
      this.onRefusal(new Refusal(400, 'the connection ended within a body: send all of it'))
    else if (this.#phase === 'exchange') this.#awaitReset()
    else this.#rest()
  }

  /** Continues with the next request when the response is sent. */
  #goOn(): void {
    this.#settle()
    if (this.#phase !== 'head' || this.#requests.isReading) return
    if (this.#requests.isEmpty) this.#rest()
    else this.#requests.goOn()
  }

  #settle(): void {
    const verdict = this.#verdict
    if (verdict === undefined || this.output.isBlocked) return
    this.#verdict = undefined
    this.#exchange?.finish(undefined)
    this.#exchange = undefined
    if (this.#phase !== 'exchange') return
    if (verdict === 'close') this.#close()
    else if (this.#requests.body === undefined) this.#phase = 'head'
    else this.#drop(this.#requests.body)
  }

  /** Reads the rest of the body, so that the next request can be read. */
  #drop(body: Http1Body): void {
    if (!body.isDroppable) {
      this.#close()
      return
    }
    this.#phase = 'dropping'
    body.drop()
    this.#deadlines.expectWithin(this.#context.limits.closeTimeoutMs)
    this.#requests.resume()
  }

  /** Keeps an idle connection for a while, unless the client has ended its side. */
  #rest(): void {
    if (this.#phase !== 'head' || !this.#requests.isEmpty) return
    const { idleTimeoutMs, drainIdleTimeoutMs } = this.#context.limits
    if (this.#requests.isPartial) {
      if (this.#isHalfClosed)
        this.onRefusal(new Refusal(400, 'the connection ended within headers: send all of them'))
    } else if (this.#isHalfClosed) this.#close()
    else this.#deadlines.expectWithin(this.#context.isDraining ? drainIdleTimeoutMs : idleTimeoutMs)
  }

  /** Ends our side, and reads on, so that the client gets the response (RFC 9112 §9.6). */
  #close(): void {
    this.#phase = 'closing'
    this.#verdict = undefined
    this.#exchange = undefined
    this.#requests.stop()
    this.#deadlines.expectNothing()
    this.output.end()
    this.#awaitClose()
  }

  #awaitClose(): void {
    if (this.output.isEnded) this.#deadlines.expectWithin(this.#context.limits.closeTimeoutMs)
  }

  #leave(cause: Error): void {
    if (this.#phase === 'gone') return
    this.#phase = 'gone'
    this.#deadlines.stop()
    this.output.close()
    this.#verdict = undefined
    this.#requests.body?.fail(cause)
    this.#requests.stop()
    this.#exchange?.finish(cause)
    this.#exchange = undefined
    this.#onGone(this)
  }
}
