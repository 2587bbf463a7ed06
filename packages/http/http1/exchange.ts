import type { Arrival } from '../arrival.ts'
import type { Exchange, HeaderList, RequestBody } from '../exchange.ts'
import type { MemoryAccount } from '../memory/account.ts'
import { Http1Body } from './body.ts'
import type { RequestHead } from './head.ts'
import type { Output } from './output.ts'
import {
  encodeResponseHeaders,
  encodeTrailers,
  type ResponseHeaders,
  statusLine,
} from './response-head.ts'

/** The connection of an exchange, as its response sees it. */
export interface ResponseSink {
  readonly arrival: Arrival
  readonly output: Output
  /** Returns the `date` line, with its line end. */
  dateLine(): string
  /**
   * Returns whether the connection can be kept after the response.
   * @param isLast Whether the response is complete, so that no more of the request is read.
   */
  persists(isLast: boolean): boolean
  flushSoon(): void
  /** Reports that the whole response is in `output`. */
  onResponded(keep: boolean): void
  /**
   * Closes the connection, so that the client sees that the response is incomplete.
   * @param isDelimited Whether the client detects that from a normal close.
   */
  onAborted(isDelimited: boolean): void
}

const lastChunk = '0\r\n'
const lineEnd = '\r\n'
const noBytes = new Uint8Array()

/** A request and its response (RFC 9112). */
export class Http1Exchange implements Exchange {
  readonly httpVersion = '1.1'
  readonly headerListBytesMax = Number.POSITIVE_INFINITY
  readonly body: RequestBody
  onClose: ((cause: Error | undefined) => void) | undefined = undefined
  closed = false
  readonly #head: RequestHead
  readonly #sink: ResponseSink
  #status = 0
  #headers: ResponseHeaders | undefined
  #isHeadSent = false
  #isChunked = false
  /** False for a response that ends with the connection: HTTP/1.0, no length (RFC 9112 §6.3). */
  #isDelimited = true
  #keep = false
  #sentBytes = 0
  #isOver = false

  constructor(head: RequestHead, sink: ResponseSink, body: RequestBody) {
    this.#head = head
    this.#sink = sink
    this.body = body
  }

  get method(): string {
    return this.#head.method
  }

  get scheme(): 'http' | 'https' {
    return this.#sink.arrival.scheme
  }

  get authority(): string {
    return this.#head.authority
  }

  get target(): string {
    return this.#head.target
  }

  get headers(): HeaderList {
    return this.#head.headers
  }

  get remoteAddress(): string {
    return this.#sink.arrival.remoteAddress
  }

  get account(): MemoryAccount {
    return this.#sink.arrival.account
  }

  get connection(): object {
    return this.#sink
  }

  /** True when the head of the response was sent, so that no other response is possible. */
  get isHeadSent(): boolean {
    return this.#isHeadSent
  }

  respond(status: number, headers: HeaderList): void {
    if (this.closed) return
    if (this.#status !== 0) throw new Error('the response has begun already: call respond() once')
    statusLine(status)
    this.#headers = encodeResponseHeaders(headers)
    this.#status = status
    // Most responses end before the microtask runs, and a microtask costs less than another
    // event-loop turn.
    queueMicrotask(() => {
      if (!this.closed) this.#sink.flushSoon()
    })
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed) return true
    if (!this.#isHeadSent) this.#sendHead(undefined, false)
    this.#send(bytes)
    const { output } = this.#sink
    if (!output.hasRoom) output.flush()
    else this.#sink.flushSoon()
    return output.hasRoom
  }

  drained(): Promise<void> {
    return this.#sink.output.drained()
  }

  end(bytes: Uint8Array = noBytes, trailers: HeaderList = []): void {
    if (this.closed) return
    const lines = encodeTrailers(trailers)
    if (!this.#isHeadSent) this.#sendHead(lines === '' ? bytes.length : undefined, true)
    this.#send(bytes)
    if (this.#isChunked) this.#sink.output.push(`${lastChunk}${lines}${lineEnd}`)
    else this.#requireWhole()
    this.closed = true
    this.#sink.onResponded(this.#keep)
  }

  abort(): void {
    if (!this.closed) this.#sink.onAborted(this.#isDelimited)
  }

  /**
   * Sends the head of a response that has begun, without waiting for its body. Does nothing when
   * the head was sent before.
   */
  sendHead(): void {
    const isDue = this.#headers !== undefined && !this.#isHeadSent && !this.closed
    if (isDue) this.#sendHead(undefined, false)
  }

  /** Closes the exchange: nothing can be sent any more. */
  finish(cause: Error | undefined): void {
    this.closed = true
    if (this.#isOver) return
    this.#isOver = true
    // Drops the bytes that were not taken. An error costs a thirtieth of a call.
    if (this.body instanceof Http1Body && !this.body.ended) {
      this.body.fail(cause ?? new Error('the exchange is over'))
    }
    this.onClose?.(cause)
  }

  /**
   * @param length Length of the whole body, when it is known.
   * @param isLast Whether the rest of the response follows at once.
   */
  #sendHead(length: number | undefined, isLast: boolean): void {
    const headers = this.#headers
    if (headers === undefined) throw new Error('the response has not begun: call respond() first')
    this.#isHeadSent = true
    const isFramed = this.#isBodiless || headers.contentLength !== undefined || length !== undefined
    this.#isChunked = !isFramed && this.#head.minorVersion === 1
    this.#isDelimited = isFramed || this.#isChunked
    this.#keep = this.#isDelimited && !headers.closes && this.#sink.persists(isLast)
    let text = statusLine(this.#status) + headers.text
    if (!headers.hasDate) text += this.#sink.dateLine()
    if (this.#isChunked) text += 'transfer-encoding: chunked\r\n'
    else if (headers.contentLength === undefined && length !== undefined && this.#canTell(length)) {
      text += `content-length: ${length}\r\n`
    }
    if (!this.#keep) text += 'connection: close\r\n'
    else if (this.#head.minorVersion === 0) text += 'connection: keep-alive\r\n'
    this.#sink.output.push(text + lineEnd)
  }

  /** True when the response has no body, whatever its headers say (RFC 9112 §6.3). */
  get #isBodiless(): boolean {
    return this.#head.method === 'HEAD' || this.#status === 204 || this.#status === 304
  }

  /**
   * Returns whether to send a `content-length`. A 204 has none. In a 304 or a response to HEAD it
   * is the length of another response, which is unknown here (RFC 9110 §8.6).
   */
  #canTell(length: number): boolean {
    return length > 0 ? this.#status !== 204 : !this.#isBodiless
  }

  #send(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#isBodiless) return
    this.#sentBytes += bytes.length
    const length = this.#headers?.contentLength
    if (length !== undefined && this.#sentBytes > length) {
      this.abort()
      throw new Error(
        `the response is longer than its content-length of ${length}: correct or omit it`,
      )
    }
    const { output } = this.#sink
    if (this.#isChunked) output.push(bytes.length.toString(16) + lineEnd)
    output.push(bytes)
    if (this.#isChunked) output.push(lineEnd)
  }

  #requireWhole(): void {
    const length = this.#headers?.contentLength
    if (length === undefined || length === this.#sentBytes || this.#isBodiless) return
    this.abort()
    throw new Error(
      `the response has ${this.#sentBytes} bytes, but content-length ${length}: correct or omit it`,
    )
  }
}
