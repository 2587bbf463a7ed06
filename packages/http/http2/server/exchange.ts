import type { Exchange, Fields } from '../../exchange.ts'
import { fieldOf } from '../../header-list.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { Http2Stream } from '../core/stream.ts'
import { errorCode } from '../frames/wire.ts'
import type { ServerConnection } from './connection.ts'
import type { RequestHead } from './request-head.ts'

/** A stream that a client has opened, as a request and its answer (RFC 9113 §8.1). */
export class ServerExchange extends Http2Stream implements Exchange {
  readonly httpVersion = '2'
  onClose: ((cause: Error | undefined) => void) | undefined
  /** Nobody answers it any more. */
  released = false
  /** When somebody last began to wait for the body. */
  bodyWantedAtMs = 0
  readonly #head: RequestHead
  readonly #server: ServerConnection
  #responded = false

  constructor(server: ServerConnection, id: number, head: RequestHead) {
    super(server, id)
    this.#server = server
    this.#head = head
    this.contentLength = head.contentLength
  }

  get method(): string {
    return this.#head.method
  }

  get scheme(): 'http' | 'https' {
    return this.#server.scheme
  }

  get authority(): string {
    return this.#head.authority
  }

  get target(): string {
    return this.#head.target
  }

  get fields(): Fields {
    return this.#head.fields
  }

  get remoteAddress(): string {
    return this.#server.remoteAddress
  }

  get headerListBytesMax(): number {
    return this.connection.peer.headerListBytesMax
  }

  get account(): MemoryAccount {
    return this.#server.account
  }

  get closed(): boolean {
    return this.gone || this.localEnded
  }

  get hasBegunAnswer(): boolean {
    return this.#responded
  }

  /** Whether nothing can be answered before more of the body comes. */
  get awaitsBody(): boolean {
    return this.body.isWanted && !this.#responded
  }

  respond(status: number, fields: Fields): void {
    if (this.closed) return
    this.#responded = true
    const { writer } = this.connection.transmitter
    // A response that is passed on has the date of its origin (RFC 9110 §6.6.1).
    const hasDate = fieldOf(fields, 'date') !== undefined
    const first = hasDate ? statusField(status) : statusAndDate(status, this.#server.hub.date())
    this.lastFrameAt = writer.headers(this.id, first, false, fields)
    if (this.lastFrameAt < 0) this.breakOffHeaders()
  }

  /** Answers without asking anybody, and with nothing but the status. */
  answerBare(status: number): void {
    this.respond(status, noBody)
    this.end()
  }

  override end(bytes?: Uint8Array, trailers?: Fields): void {
    this.released = true
    if (this.gone) this.#server.release(this)
    else super.end(bytes, trailers)
  }

  abort(): void {
    this.released = true
    if (this.gone) this.#server.release(this)
    else if (!this.localEnded)
      this.#server.streams.reset(this, errorCode.internalError, 'broken off')
  }

  /** A client that waits for it is told to go on (RFC 9110 §10.1.1). */
  onWanted(): void {
    this.#server.onBodyWanted(this)
    if (!this.#head.expectsContinue || this.#responded || this.receivedBytes > 0) return
    if (this.closed || this.#continued) return
    this.#continued = true
    this.connection.transmitter.writer.headers(this.id, statusField(100), false)
  }

  #continued = false

  onRefused(): void {
    this.discards = true
  }

  protected onSent(): void {
    this.#server.onAnswered(this)
    this.#close(undefined)
  }

  protected onFailed(cause: Error): void {
    this.body.cut(cause)
    this.#close(cause)
  }

  #close(cause: Error | undefined): void {
    const { onClose } = this
    this.onClose = undefined
    onClose?.(cause)
  }
}

const noBody: Fields = ['content-length', '0']
const statusFields = new Map<number, Fields>()

const datedFields = new Map<number, [string, string, string, string]>()

/** One list for each status, of which the date is brought up to date. */
function statusAndDate(status: number, date: string): Fields {
  const fields = datedFields.get(status) ?? [':status', String(status), 'date', date]
  if (fields[3] !== date) fields[3] = date
  datedFields.set(status, fields)
  return fields
}

/** One list for each status, so that nothing is made for an answer. */
function statusField(status: number): Fields {
  let fields = statusFields.get(status)
  if (fields === undefined) {
    fields = [':status', String(status)]
    statusFields.set(status, fields)
  }
  return fields
}
