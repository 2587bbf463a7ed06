import type { HeaderList } from '../../exchange.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { ConnectionError, StreamReset } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import type { PeerBudget } from './peer-budget.ts'
import type { Sender } from './send-queue.ts'
import type { Http2Stream, StreamOwner } from './stream.ts'
import type { Transmitter } from './transmitter.ts'

/** Number of reset streams that are remembered, because frames for them may still arrive. */
const resetsKept = 256

/** The parts of a connection that its streams end with. */
export interface StreamTableLink<O extends StreamOwner> {
  readonly account: MemoryAccount
  readonly budget: PeerBudget
  readonly transmitter: Transmitter
  /** Reports that a stream has left the table. */
  onStreamClosed(stream: Http2Stream<O>): void
}

/** The open streams of a connection, and how they end (RFC 9113 §5.1, §5.4.2). */
export class StreamTable<O extends StreamOwner = StreamOwner> {
  /** Highest stream that was opened. All ids are odd: a server opens none (RFC 9113 §5.1.1). */
  lastId = 0
  readonly #link: StreamTableLink<O>
  readonly #open = new Map<number, Http2Stream<O>>()
  #resetIds: Set<number> | undefined
  /** Streams up to this id may have been reset as well. */
  #resetForgotten = 0

  constructor(link: StreamTableLink<O>) {
    this.#link = link
  }

  get size(): number {
    return this.#open.size
  }

  values(): Iterable<Http2Stream<O>> {
    return this.#open.values()
  }

  get(streamId: number): Http2Stream<O> | undefined {
    return this.#open.get(streamId)
  }

  /** Returns whether the stream was never opened (RFC 9113 §5.1, "idle"). */
  isIdle(streamId: number): boolean {
    return streamId > this.lastId || streamId % 2 === 0
  }

  /** Resets the stream that holds most memory. Returns `false` when none holds any. */
  shedLargest(): boolean {
    let largest: Http2Stream<O> | undefined
    for (const stream of this.#open.values()) {
      if (stream.heldBytes > (largest?.heldBytes ?? 0)) largest = stream
    }
    if (largest === undefined) return false
    this.reset(
      largest,
      errorCode.enhanceYourCalm,
      'memory is short, and this stream holds the most',
    )
    return true
  }

  add(stream: Http2Stream<O>): void {
    this.#open.set(stream.id, stream)
  }

  /** Removes a stream that is closed. */
  remove(stream: Http2Stream<O>): void {
    if (!this.#open.delete(stream.id)) return
    this.#link.account.release(stream.chargedBytes)
    this.#link.onStreamClosed(stream)
  }

  /** Reports that the peer has sent everything ("half-closed (remote)"). */
  endRemote(stream: Http2Stream<O>, trailers: HeaderList): void {
    stream.remoteEnded = true
    stream.body.complete(trailers)
    if (stream.localEnded) this.remove(stream)
  }

  /** Resets a stream for a reason of ours. Does nothing when it is not open. */
  reset(sender: Sender, code: number, message: string): void {
    const stream = this.#open.get(sender.id)
    if (stream === undefined || stream !== sender) return
    this.#sendReset(stream.id, code)
    this.remove(stream)
    stream.fail(new StreamReset(code, message))
  }

  /**
   * Resets a stream, open or not, for an error of the peer (§5.4.2). It costs the peer part of its
   * budget (CVE-2025-8671).
   */
  refuse(streamId: number, code: number, message: string): void {
    this.#link.budget.spendReset()
    const stream = this.get(streamId)
    if (stream === undefined) this.#sendReset(streamId, code)
    else this.reset(stream, code, message)
  }

  /** Reports that the peer has reset a stream. */
  onReset(stream: Http2Stream<O>, code: number): void {
    if (!stream.hasBegunResponse) this.#link.budget.spendReset()
    this.remove(stream)
    stream.fail(new StreamReset(code, 'the peer reset the stream'))
  }

  /**
   * Checks a frame on a stream that is not open (§5.1). Throws a `ConnectionError` when the stream
   * never was open, or, with a `code`, when the peer had closed it. Ignores a frame that may have
   * crossed our reset.
   */
  onStray(streamId: number, code?: number): void {
    if (this.isIdle(streamId)) {
      throw new ConnectionError(errorCode.protocolError, 'a frame on an idle stream')
    }
    this.#link.budget.spend(1)
    if (code === undefined || this.#wasReset(streamId)) return
    throw new ConnectionError(code, 'a frame on a closed stream')
  }

  /** Fails all streams, because the connection is lost. */
  fail(cause: Error): void {
    const streams = [...this.#open.values()]
    this.#open.clear()
    for (const stream of streams) {
      this.#link.account.release(stream.chargedBytes)
      stream.fail(cause)
    }
  }

  /** Drops the frames of a stream without an error (§6.8). */
  ignore(streamId: number): void {
    this.#resetIds ??= new Set()
    this.#resetIds.add(streamId)
    if (this.#resetIds.size <= resetsKept) return
    const [oldest = 0] = this.#resetIds
    this.#resetIds.delete(oldest)
    this.#resetForgotten = Math.max(this.#resetForgotten, oldest)
  }

  #wasReset(streamId: number): boolean {
    return streamId <= this.#resetForgotten || this.#resetIds?.has(streamId) === true
  }

  #sendReset(streamId: number, code: number): void {
    this.#link.transmitter.writer.resetStream(streamId, code)
    this.ignore(streamId)
  }
}
