import type { Exchange, HeaderList, RequestBody } from '../../exchange.ts'
import { headerOf } from '../../header-list.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { Http2Stream, type StreamOwner } from '../core/stream.ts'
import type { StreamLink } from '../core/stream-link.ts'
import { errorCode } from '../frames/wire.ts'
import type { RequestHead } from './request-head.ts'

/** The connection of an exchange, as its response sees it. */
export interface ResponseSink {
  readonly link: StreamLink
  readonly scheme: 'http' | 'https'
  readonly remoteAddress: string
  /** Returns the value of `date`. */
  date(): string
  /** Reports that the whole response was sent. */
  onResponded(exchange: ServerExchange): void
  /** Reports that the handler waits for the body. */
  onBodyWanted(exchange: ServerExchange): void
  /** Reports that the handler has ended, after the stream. */
  onReleased(exchange: ServerExchange): void
}

/** A request and its response on a stream that a client has opened (RFC 9113 §8.1). */
export class ServerExchange implements Exchange, StreamOwner {
  readonly httpVersion = '2'
  readonly stream: Http2Stream<ServerExchange>
  onClose: ((cause: Error | undefined) => void) | undefined
  /** True when the handler has ended. */
  released = false
  /** Time when a reader last began to wait for the body. */
  bodyWantedAtMs = 0
  readonly #head: RequestHead
  readonly #sink: ResponseSink
  #hasContinued = false

  constructor(sink: ResponseSink, id: number, head: RequestHead) {
    this.#sink = sink
    this.#head = head
    this.stream = new Http2Stream<ServerExchange>(sink.link, id, this)
    this.stream.contentLength = head.contentLength
  }

  get method(): string {
    return this.#head.method
  }

  get scheme(): 'http' | 'https' {
    return this.#sink.scheme
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
    return this.#sink.remoteAddress
  }

  get connection(): object {
    return this.#sink
  }

  get headerListBytesMax(): number {
    return this.#sink.link.transmitter.peer.headerListBytesMax
  }

  get account(): MemoryAccount {
    return this.#sink.link.account
  }

  get body(): RequestBody {
    return this.stream.body
  }

  get closed(): boolean {
    return this.stream.gone || this.stream.localEnded
  }

  /** True when the handler waits for the body before it responds. */
  get awaitsBody(): boolean {
    return this.stream.body.isWanted && !this.stream.hasBegunResponse
  }

  respond(status: number, headers: HeaderList): void {
    if (this.closed) return
    this.stream.hasBegunResponse = true
    // A forwarded response has the date of its origin (RFC 9110 §6.6.1).
    const hasDate = headerOf(headers, 'date') !== undefined
    const first = hasDate ? statusHeader(status) : statusAndDate(status, this.#sink.date())
    this.stream.sendHeaders(first, headers)
  }

  /** Responds without a handler, with nothing but the status. */
  respondBare(status: number): void {
    this.respond(status, noBody)
    this.end()
  }

  write(bytes: Uint8Array): boolean {
    return this.stream.write(bytes)
  }

  drained(): Promise<void> {
    return this.stream.drained()
  }

  end(bytes?: Uint8Array, trailers?: HeaderList): void {
    this.released = true
    if (this.stream.gone) this.#sink.onReleased(this)
    else this.stream.end(bytes, trailers)
  }

  abort(): void {
    this.released = true
    if (this.stream.gone) this.#sink.onReleased(this)
    else if (!this.stream.localEnded)
      this.stream.reset(errorCode.internalError, 'the response was aborted')
  }

  /** Sends 100 to a client that waits for it (RFC 9110 §10.1.1). */
  onWanted(): void {
    const { stream } = this
    this.#sink.onBodyWanted(this)
    if (!this.#head.expectsContinue || stream.hasBegunResponse || stream.receivedBytes > 0) return
    if (this.closed || this.#hasContinued) return
    this.#hasContinued = true
    stream.sendHeaders(statusHeader(100))
  }

  onRefused(): void {
    this.stream.discards = true
  }

  onSent(): void {
    this.#sink.onResponded(this)
    this.#close(undefined)
  }

  onFailed(cause: Error): void {
    this.stream.body.cut(cause)
    this.#close(cause)
  }

  #close(cause: Error | undefined): void {
    const { onClose } = this
    this.onClose = undefined
    onClose?.(cause)
  }
}

const noBody: HeaderList = ['content-length', '0']
const statusHeaders = new Map<number, HeaderList>()
const datedHeaders = new Map<number, [string, string, string, string]>()

/** Returns the same list for each status, with the current date. */
function statusAndDate(status: number, date: string): HeaderList {
  const headers = datedHeaders.get(status) ?? [':status', String(status), 'date', date]
  if (headers[3] !== date) headers[3] = date
  datedHeaders.set(status, headers)
  return headers
}

/** Returns the same list for each status, so that a response allocates none. */
function statusHeader(status: number): HeaderList {
  let headers = statusHeaders.get(status)
  if (headers === undefined) {
    headers = [':status', String(status)]
    statusHeaders.set(status, headers)
  }
  return headers
}
