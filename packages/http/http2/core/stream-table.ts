import type { Fields } from '../../exchange.ts'
import { ConnectionError, StreamReset } from '../frames/errors.ts'
import { errorCode, int31Max } from '../frames/wire.ts'
import type { Http2Connection } from './connection.ts'
import type { Http2Stream } from './stream.ts'

/** So many streams that we have reset are remembered: they may get what was under way. */
const resetsKept = 256

/** The streams of a connection that are open, and how they end (RFC 9113 §5.1, §5.4.2). */
export class StreamTable<S extends Http2Stream> {
  readonly #connection: Http2Connection<S>
  readonly #open = new Map<number, S>()
  #resetIds: Set<number> | undefined
  /** Those up to here may have been reset as well. */
  #resetForgotten = 0

  constructor(connection: Http2Connection<S>) {
    this.#connection = connection
  }

  get size(): number {
    return this.#open.size
  }

  values(): Iterable<S> {
    return this.#open.values()
  }

  get(streamId: number): S | undefined {
    return this.#open.get(streamId)
  }

  /** Resets the stream of which the most is held, because memory is short; false when nothing is held. */
  shedLargest(): boolean {
    let largest: S | undefined
    for (const stream of this.#open.values()) {
      if (stream.heldBytes > (largest?.heldBytes ?? 0)) largest = stream
    }
    if (largest === undefined) return false
    this.reset(largest, errorCode.enhanceYourCalm, 'too much is held for the peer')
    return true
  }

  /** Those that were opened after another. */
  behind(streamId: number): S[] {
    return [...this.#open.values()].filter(({ id }) => id > streamId)
  }

  add(stream: S): void {
    this.#open.set(stream.id, stream)
  }

  /** Takes out a stream that is closed. */
  remove(stream: S): void {
    if (!this.#open.delete(stream.id)) return
    this.#connection.account.release(stream.chargedBytes)
    this.#connection.onStreamClosed(stream)
  }

  /** The peer has sent all ("half-closed (remote)"). */
  endRemote(stream: S, trailers: Fields): void {
    stream.remoteEnded = true
    stream.body.complete(trailers)
    if (stream.localEnded) this.remove(stream)
  }

  /** Resets a stream for a reason of ours. */
  reset(stream: S, code: number, message: string): void {
    if (this.#open.get(stream.id) !== stream) return
    this.#sendReset(stream.id, code)
    this.remove(stream)
    stream.fail(new StreamReset(code, message))
  }

  /** Resets a stream, open or not, for an error of the peer's (§5.4.2), which costs it (CVE-2025-8671). */
  refuse(streamId: number, code: number, message: string): void {
    this.#connection.budget.spendReset(this.#connection.nowMs)
    const stream = this.get(streamId)
    if (stream === undefined) this.#sendReset(streamId, code)
    else this.reset(stream, code, message)
  }

  /** The peer has reset a stream. */
  onReset(stream: S, code: number): void {
    if (!stream.hasBegunAnswer) this.#connection.budget.spendReset(this.#connection.nowMs)
    this.remove(stream)
    stream.fail(new StreamReset(code, 'the peer reset the stream'))
  }

  /**
   * A frame on a stream that is not open (§5.1): an error when it never was, or, with a code, when the peer itself had
   * closed it; ignored when it may have crossed with our reset.
   */
  onStray(streamId: number, code?: number): void {
    if (this.#connection.isIdle(streamId)) {
      throw new ConnectionError(errorCode.protocolError, 'a frame on an idle stream')
    }
    this.#connection.spend(1)
    if (code === undefined || this.#wasReset(streamId)) return
    throw new ConnectionError(code, 'a frame on a closed stream')
  }

  /** The peer's windows for streams have changed, for those that are open as well; below zero, too (§6.9.2). */
  shiftWindows(bytes: number): void {
    const { queue } = this.#connection.transmitter
    for (const stream of this.#open.values()) {
      stream.sendWindow += bytes
      if (stream.sendWindow > int31Max) {
        throw new ConnectionError(errorCode.flowControlError, 'a window too large')
      }
      if (stream.sendWindow > 0) queue.resume(stream)
      else queue.pause(stream)
    }
    this.#connection.transmitter.flushWhenReady()
  }

  /** The connection is lost. */
  fail(cause: Error): void {
    const streams = [...this.#open.values()]
    this.#open.clear()
    for (const stream of streams) {
      this.#connection.account.release(stream.chargedBytes)
      stream.fail(cause)
    }
  }

  #wasReset(streamId: number): boolean {
    return streamId <= this.#resetForgotten || this.#resetIds?.has(streamId) === true
  }

  /** Drops what comes on a stream, without a word (§6.8). */
  ignore(streamId: number): void {
    this.#resetIds ??= new Set()
    this.#resetIds.add(streamId)
    if (this.#resetIds.size <= resetsKept) return
    const [oldest = 0] = this.#resetIds
    this.#resetIds.delete(oldest)
    this.#resetForgotten = Math.max(this.#resetForgotten, oldest)
  }

  #sendReset(streamId: number, code: number): void {
    this.#connection.transmitter.writer.resetStream(streamId, code)
    this.ignore(streamId)
  }
}
