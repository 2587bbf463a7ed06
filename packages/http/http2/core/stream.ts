import type { Fields } from '../../exchange.ts'
import { errorCode, frameHeaderBytes } from '../frames/wire.ts'
import type { Http2Connection } from './connection.ts'
import { InboundBody } from './inbound-body.ts'
import type { Sender } from './send-queue.ts'

/** A frame cut by a window that is smaller than this is no progress: the peer dribbles (CVE-2019-9511). */
const progressBytesMin = 1024

const noFields: Fields = []
const noBytes = new Uint8Array(0)

/**
 * A stream as far as both sides are alike (RFC 9113 §5.1): what has come is in `body`, what goes is sent or waits here. It
 * is in the connection's table from opening to closing.
 */
export abstract class Http2Stream implements Sender {
  readonly id: number
  readonly connection: Http2Connection
  readonly body = new InboundBody(this)
  /** END_STREAM has come. */
  remoteEnded = false
  /** END_STREAM was sent. */
  localEnded = false
  /** Reset by either side, or lost with the connection. */
  gone = false
  /** What comes is dropped. */
  discards = false
  /** What the peer takes, and what it may still send (RFC 9113 §6.9.1). */
  sendWindow: number
  receiveWindow: number
  /** Bytes of DATA as `content-length` says, or -1, and those that came (RFC 9113 §8.1.1). */
  contentLength = -1
  receivedBytes = 0
  /** When something was last sent of what waits. */
  progressAtMs = 0
  queuedBytes = 0
  /** What its opening was charged. */
  chargedBytes = 0
  #unreturnedBytes = 0
  #queue: Uint8Array[] | undefined
  /** How much of the queue's first is sent. */
  #sentOfFirst = 0
  #ending = false
  #trailers = noFields
  #room: PromiseWithResolvers<void> | undefined
  /** Where in the outbox the stream's last frame begins. */
  protected lastFrameAt = -1

  constructor(connection: Http2Connection, id: number) {
    this.connection = connection
    this.id = id
    this.sendWindow = connection.peer.windowBytes
    this.receiveWindow = connection.streamWindowBytes
  }

  /** Whether the answer is on its way, so that a reset cuts no more short than any end of a stream would. */
  abstract readonly hasBegunAnswer: boolean
  /** All of this side's DATA was sent; the stream may be closed by it. */
  protected abstract onSent(): void
  /** The stream ended before its time. */
  protected abstract onFailed(cause: Error): void
  /** Somebody waits for the body, of which nothing is here. */
  abstract onWanted(): void
  /** Nobody will take the rest of the body. */
  abstract onRefused(): void

  /** Sends DATA. False when enough waits. The bytes are not changed afterwards. */
  write(bytes: Uint8Array): boolean {
    if (this.gone || this.#ending || bytes.length === 0) return this.#hasRoom
    if (this.#passes(bytes.length)) this.#sendNow(bytes, false)
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
  end(bytes?: Uint8Array, trailers: Fields = noFields): void {
    if (this.gone || this.#ending) return
    this.#ending = true
    this.#trailers = trailers
    const hasBytes = bytes !== undefined && bytes.length > 0
    if (hasBytes && !this.#passes(bytes.length)) return void this.#enqueue(bytes)
    if (this.queuedBytes > 0) return
    const bare = trailers.length === 0
    if (hasBytes) this.#sendNow(bytes, bare)
    if (!bare) return void this.#sendTrailers()
    if (!hasBytes) this.#endLastFrame()
    this.#finish()
  }

  sendFrame(bytesMax: number): boolean {
    const bytes = Math.min(bytesMax, this.sendWindow, this.queuedBytes)
    const last = bytes === this.queuedBytes
    const endStream = last && this.#ending && this.#trailers.length === 0
    const { connection } = this
    const offset = connection.transmitter.writer.dataHeader(this.id, bytes, endStream)
    this.#copyQueued(connection.transmitter.outbox.buffer, offset, bytes)
    this.lastFrameAt = connection.transmitter.outbox.position - bytes - frameHeaderBytes
    this.#spend(bytes)
    if (last || bytes >= progressBytesMin) {
      this.progressAtMs = connection.nowMs
      connection.budget.earn()
    }
    if (last) this.#dequeued()
    // Half of it, so that a writer that is woken can do more than one piece.
    if (this.queuedBytes * 2 <= connection.limits.answerQueueBytes) this.#wake()
    return !last && this.sendWindow > 0
  }

  /** So many bytes of the body were taken, or dropped: the peer may send as many more (RFC 9113 §6.9). */
  onTaken(bytes: number): void {
    const { connection } = this
    connection.receiver.returnWindow(bytes)
    if (this.remoteEnded || this.gone || this.discards) return
    this.#unreturnedBytes += bytes
    if (this.#unreturnedBytes * 2 < connection.streamWindowBytes) return
    connection.transmitter.writer.windowUpdate(this.id, this.#unreturnedBytes)
    this.receiveWindow += this.#unreturnedBytes
    this.#unreturnedBytes = 0
  }

  /** Ends it before its time. Told by the connection. */
  fail(cause: Error): void {
    if (this.gone) return
    this.gone = true
    this.connection.transmitter.queue.remove(this)
    this.#queue = undefined
    this.connection.account.discharge(this.queuedBytes)
    this.queuedBytes = 0
    this.body.fail(cause)
    this.#wake()
    this.onFailed(cause)
  }

  /** What waits, either way. */
  get heldBytes(): number {
    return this.queuedBytes + this.body.keptBytes
  }

  /** So many bytes of the body wait for their taker, or do not any more. */
  onKept(bytes: number): void {
    if (bytes > 0) this.connection.account.charge(bytes)
    else this.connection.account.discharge(-bytes)
  }

  get #hasRoom(): boolean {
    return this.queuedBytes < this.connection.limits.answerQueueBytes
  }

  #passes(bytes: number): boolean {
    return (
      this.queuedBytes === 0 &&
      bytes <= this.sendWindow &&
      this.connection.transmitter.passes(bytes)
    )
  }

  #sendNow(bytes: Uint8Array, endStream: boolean): void {
    this.lastFrameAt = this.connection.transmitter.writer.data(this.id, bytes, endStream)
    this.#spend(bytes.length)
    this.connection.budget.earn()
  }

  #spend(bytes: number): void {
    this.sendWindow -= bytes
    this.connection.transmitter.queue.window -= bytes
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.queuedBytes === 0) {
      this.#queue = [bytes]
      this.queuedBytes = bytes.length
      this.connection.enqueue(this)
    } else {
      this.#queue?.push(bytes)
      this.queuedBytes += bytes.length
    }
    // Last, because it may reset the stream.
    this.connection.account.charge(bytes.length)
  }

  #copyQueued(buffer: Buffer, offset: number, bytes: number): void {
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
    this.connection.account.discharge(bytes)
  }

  #dequeued(): void {
    this.connection.transmitter.queue.remove(this)
    if (!this.#ending) return
    if (this.#trailers.length > 0) this.#sendTrailers()
    else this.#finish()
  }

  #sendTrailers(): void {
    const { writer } = this.connection.transmitter
    if (writer.headers(this.id, this.#trailers, true) < 0) this.breakOffHeaders()
    else this.#finish()
  }

  /** Ends the stream, whose peer does not take headers or trailers as long as these (RFC 9113 §10.5.1). */
  protected breakOffHeaders(): void {
    const message = 'headers longer than the peer takes'
    this.connection.streams.reset(this, errorCode.internalError, message)
  }

  /** END_STREAM on the frame that was written last, when it is still here, or else on a frame of its own. */
  #endLastFrame(): void {
    const { outbox, writer } = this.connection.transmitter
    if (this.lastFrameAt >= 0 && outbox.endStreamAt(this.lastFrameAt)) return
    writer.data(this.id, noBytes, true)
  }

  #finish(): void {
    this.localEnded = true
    this.onSent()
  }

  #wake(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
