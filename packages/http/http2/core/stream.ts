import type { HeaderList } from '../../exchange.ts'
import { errorCode } from '../frames/wire.ts'
import { type BodyOwner, InboundBody } from './inbound-body.ts'
import type { Sender } from './send-queue.ts'
import type { StreamLink } from './stream-link.ts'

const noHeaders: HeaderList = []
const noBytes = new Uint8Array(0)

/** The request or response that a stream carries. */
export interface StreamOwner {
  /** Reports that all DATA of this side was sent. That may close the stream. */
  onSent(): void
  /** Reports that the stream ended early. */
  onFailed(cause: Error): void
  /** Reports that a reader waits for the body, and there are no bytes. */
  onWanted(): void
  /** Reports that the rest of the body is not needed. */
  onRefused(): void
  /** Reports that `bytes` more of the body wait for their reader, or fewer when negative. */
  onKept?(bytes: number): void
  /** Reports that the body has bytes, or has ended. */
  onArrived?(): void
}

/**
 * One stream (RFC 9113 §5.1), the same at a server and a client. Received DATA is in `body`. DATA
 * to send goes out at once or waits here. The stream is in the connection's table while it is open.
 */
export class Http2Stream<O extends StreamOwner = StreamOwner> implements Sender, BodyOwner {
  readonly id: number
  readonly owner: O
  readonly body = new InboundBody(this)
  /** True when END_STREAM was received. */
  remoteEnded = false
  /** True when END_STREAM was sent. */
  localEnded = false
  /** True when either side has reset the stream, or the connection is lost. */
  gone = false
  /** True to drop received DATA. */
  discards = false
  /** True when the response has begun. Resetting such a stream is the normal way to end a watch. */
  hasBegunResponse = false
  sendWindow: number
  /** Bytes that the peer may still send (RFC 9113 §6.9.1). */
  receiveWindow: number
  /** Bytes of DATA that `content-length` announces, or -1, and those received (RFC 9113 §8.1.1). */
  contentLength = -1
  receivedBytes = 0
  progressAtMs = 0
  lastFrameAt = -1
  /** Bytes that wait to be sent. */
  queuedBytes = 0
  /** Bytes that the account is charged while the stream is open. */
  chargedBytes = 0
  readonly #link: StreamLink
  #unreturnedBytes = 0
  #queue: Uint8Array[] | undefined
  /** Bytes of the queue's first chunk that were sent. */
  #sentOfFirst = 0
  #ending = false
  #trailers = noHeaders
  #room: PromiseWithResolvers<void> | undefined

  constructor(link: StreamLink, id: number, owner: O) {
    this.#link = link
    this.id = id
    this.owner = owner
    this.sendWindow = link.transmitter.peer.windowBytes
    this.receiveWindow = link.receiveWindow.streamBytes
  }

  /** Sends headers. Resets the stream when the peer accepts no such length (RFC 9113 §10.5.1). */
  sendHeaders(first: HeaderList, more?: HeaderList): void {
    if (!this.#link.transmitter.sendHeaders(this, first, false, more)) this.#breakOffHeaders()
  }

  /** Sends DATA. The bytes must not change afterwards. Returns `false` when the queue is full. */
  write(bytes: Uint8Array): boolean {
    if (this.gone || this.#ending || bytes.length === 0) return this.#hasRoom
    if (this.#passes(bytes)) this.#link.transmitter.sendData(this, bytes, false)
    else this.#enqueue(bytes)
    return this.#hasRoom
  }

  /** Resolves when there is room again, or nothing can be sent any more. */
  drained(): Promise<void> {
    if (this.gone || this.#hasRoom) return Promise.resolve()
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  /** Sends the last DATA and trailers (RFC 9113 §8.1). */
  end(bytes: Uint8Array = noBytes, trailers: HeaderList = noHeaders): void {
    if (this.gone || this.#ending) return
    this.#ending = true
    this.#trailers = trailers
    const hasBytes = bytes.length > 0
    if (hasBytes && !this.#passes(bytes)) return void this.#enqueue(bytes)
    if (this.queuedBytes > 0) return
    const { transmitter } = this.#link
    const bare = trailers.length === 0
    if (hasBytes) transmitter.sendData(this, bytes, bare)
    if (!bare) return void this.#sendTrailers()
    if (!hasBytes) transmitter.sendEnd(this)
    this.#finish()
  }

  sendFrame(bytesMax: number): boolean {
    const { transmitter, limits } = this.#link
    const bytes = Math.min(bytesMax, this.sendWindow, this.queuedBytes)
    const isAll = bytes === this.queuedBytes
    transmitter.sendQueued(this, bytes, isAll, isAll && this.#ending && this.#trailers.length === 0)
    if (isAll) this.#dequeued()
    // At half, so that a writer that wakes up can write more than one chunk.
    if (this.queuedBytes * 2 <= limits.responseQueueBytes) this.#wake()
    return !isAll && this.sendWindow > 0
  }

  copyQueued(buffer: Buffer, offset: number, bytes: number): void {
    const queue = this.#queue ?? []
    let copied = 0
    let index = 0
    while (copied < bytes) {
      const chunk = queue[index] ?? noBytes
      const part = Math.min(chunk.length - this.#sentOfFirst, bytes - copied)
      buffer.set(chunk.subarray(this.#sentOfFirst, this.#sentOfFirst + part), offset + copied)
      copied += part
      this.#sentOfFirst += part
      if (this.#sentOfFirst < chunk.length) break
      this.#sentOfFirst = 0
      index++
    }
    if (index > 0) queue.splice(0, index)
    this.queuedBytes -= bytes
    this.#link.account.discharge(bytes)
  }

  /** Resets the stream for a reason of ours. Does nothing when it is not open. */
  reset(code: number, message: string): void {
    this.#link.reset(this, code, message)
  }

  /** Gives the peer credit for bytes of the body that were taken or dropped (RFC 9113 §6.9). */
  onTaken(bytes: number): void {
    const { receiveWindow, transmitter } = this.#link
    receiveWindow.giveBack(bytes)
    if (this.remoteEnded || this.gone || this.discards) return
    this.#unreturnedBytes += bytes
    if (this.#unreturnedBytes * 2 < receiveWindow.streamBytes) return
    transmitter.writer.windowUpdate(this.id, this.#unreturnedBytes)
    this.receiveWindow += this.#unreturnedBytes
    this.#unreturnedBytes = 0
  }

  onKept(bytes: number): void {
    if (bytes > 0) this.#link.account.charge(bytes)
    else this.#link.account.discharge(-bytes)
    this.owner.onKept?.(bytes)
  }

  onWanted(): void {
    this.owner.onWanted()
    this.#link.relieve()
  }

  onRefused(): void {
    this.owner.onRefused()
  }

  onArrived(): void {
    this.owner.onArrived?.()
  }

  /** Ends the stream early, after it has left the table. */
  fail(cause: Error): void {
    if (this.gone) return
    this.gone = true
    this.#link.transmitter.dequeue(this)
    this.#queue = undefined
    this.#link.account.discharge(this.queuedBytes)
    this.queuedBytes = 0
    this.body.fail(cause)
    this.#wake()
    this.owner.onFailed(cause)
  }

  /** Bytes that wait, in either direction. */
  get heldBytes(): number {
    return this.queuedBytes + this.body.keptBytes
  }

  get #hasRoom(): boolean {
    return this.queuedBytes < this.#link.limits.responseQueueBytes
  }

  #passes(bytes: Uint8Array): boolean {
    return this.queuedBytes === 0 && this.#link.transmitter.passes(this, bytes.length)
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.queuedBytes === 0) {
      this.#queue = [bytes]
      this.queuedBytes = bytes.length
      this.#link.transmitter.enqueue(this)
    } else {
      this.#queue?.push(bytes)
      this.queuedBytes += bytes.length
    }
    // Last, because it may reset the stream.
    this.#link.account.charge(bytes.length)
  }

  #dequeued(): void {
    this.#link.transmitter.dequeue(this)
    if (!this.#ending) return
    if (this.#trailers.length > 0) this.#sendTrailers()
    else this.#finish()
  }

  #sendTrailers(): void {
    if (this.#link.transmitter.sendHeaders(this, this.#trailers, true)) this.#finish()
    else this.#breakOffHeaders()
  }

  #breakOffHeaders(): void {
    this.reset(errorCode.internalError, 'headers longer than the peer accepts')
  }

  #finish(): void {
    this.localEnded = true
    this.owner.onSent()
  }

  #wake(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
