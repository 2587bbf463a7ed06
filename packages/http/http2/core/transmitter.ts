import type { Socket } from 'node:net'
import type { HeaderList } from '../../exchange.ts'
import type { MemoryAccount } from '../../memory/account.ts'
import { ConnectionError } from '../frames/errors.ts'
import { Outbox } from '../frames/outbox.ts'
import { initialPeerSettings, readSettings } from '../frames/settings.ts'
import { errorCode, frameHeaderBytes, int31Max } from '../frames/wire.ts'
import { type FrameListener, FrameWriter } from '../frames/writer.ts'
import { HpackEncoder } from '../hpack/encoder.ts'
import type { Http2Context } from './context.ts'
import type { PeerBudget } from './peer-budget.ts'
import { type Sender, SendQueue } from './send-queue.ts'
import type { ConnectionTimer } from './timer.ts'

/**
 * A shorter DATA frame, when a window limits it, is no progress: the peer opens its window byte by
 * byte (CVE-2019-9511).
 */
const progressBytesMin = 1024

const noBytes = new Uint8Array(0)

/** The parts of a connection that sending uses. */
export interface SendingSide {
  readonly context: Http2Context
  readonly socket: Socket
  readonly account: MemoryAccount
  readonly timer: ConnectionTimer
  readonly budget: PeerBudget
}

/**
 * The sending side of a connection: headers, DATA and the send window. It gathers frames and passes
 * them to the socket once per event-loop turn, as fast as the socket accepts them.
 */
export class Transmitter implements FrameListener {
  /** SETTINGS of the peer. */
  readonly peer = initialPeerSettings()
  /** Writes the frames that no window holds back. */
  readonly writer: FrameWriter
  readonly #outbox: Outbox
  readonly #queue = new SendQueue()
  readonly #encoder = new HpackEncoder()
  readonly #side: SendingSide
  readonly #gatheredBytesMax: number
  #flushing = false
  #stopped = false
  /** Time when the socket became full, or `undefined` while it accepts bytes. */
  #blockedSinceMs: number | undefined
  #unblockedAtMs = 0
  /** Bytes that the blocked socket has accepted and not sent. Charged to the account. */
  #blockedBytes = 0

  constructor(side: SendingSide) {
    this.#side = side
    this.#gatheredBytesMax = side.context.limits.gatheredBytesMax
    this.#outbox = new Outbox(side.context.chunks)
    this.writer = new FrameWriter(this.#outbox, this.#encoder, this)
  }

  get blockedSinceMs(): number | undefined {
    return this.#blockedSinceMs
  }

  /** True when the peer does not read although bytes wait for it. */
  get holdsUnread(): boolean {
    return this.#blockedBytes > 0
  }

  /** The senders whose DATA waits for a window, the socket, or other streams. */
  get waiting(): Iterable<Sender> {
    return this.#queue.waiting
  }

  /** Returns the time since when the peer has read nothing from this sender. */
  stalledSinceMs(sender: Sender): number {
    return Math.max(sender.progressAtMs, this.#unblockedAtMs)
  }

  /** Returns whether the socket is blocked and more than `bytes` are gathered already. */
  isStuck(bytes: number): boolean {
    return this.#blockedSinceMs !== undefined && this.#outbox.bytes > bytes
  }

  /** Applies the peer's SETTINGS. Returns the change of its streams' windows, in bytes. */
  applySettings(bytes: Uint8Array, start: number, end: number): number {
    const { peer } = this
    const before = peer.windowBytes
    readSettings(peer, bytes, start, end)
    this.#encoder.setPeerTableBytes(peer.headerTableBytesMin)
    this.#encoder.setPeerTableBytes(peer.headerTableBytes)
    this.writer.listBytesMax = peer.headerListBytesMax
    return peer.windowBytes - before
  }

  /**
   * Sends a header block of two lists. Returns `false`, and sends nothing, when it is longer than
   * the peer accepts.
   */
  sendHeaders(sender: Sender, first: HeaderList, isLast: boolean, more?: HeaderList): boolean {
    sender.lastFrameAt = this.writer.headers(sender.id, first, isLast, more)
    return sender.lastFrameAt >= 0
  }

  /** Returns whether the sender may send `bytes` at once, because no other sender is ready. */
  passes(sender: Sender, bytes: number): boolean {
    return (
      bytes <= sender.sendWindow &&
      this.#queue.passes(bytes) &&
      this.#outbox.bytes < this.#gatheredBytesMax
    )
  }

  /** Sends DATA that `passes`. */
  sendData(sender: Sender, bytes: Uint8Array, isLast: boolean): void {
    sender.lastFrameAt = this.writer.data(sender.id, bytes, isLast)
    this.#spend(sender, bytes.length)
    this.#side.budget.earn()
  }

  /**
   * Ends a stream: by END_STREAM on its last frame if that is not flushed, otherwise by an empty
   * DATA frame.
   */
  sendEnd(sender: Sender): void {
    if (sender.lastFrameAt >= 0 && this.#outbox.endStreamAt(sender.lastFrameAt)) return
    this.writer.data(sender.id, noBytes, true)
  }

  /** Adds the sender to the queue. Its `sendFrame` is called when it may send. */
  enqueue(sender: Sender): void {
    const { timer, context } = this.#side
    sender.progressAtMs = timer.tick()
    this.#queue.add(sender)
    this.#flushWhenReady()
    timer.checkIn(context.limits.stalledTimeoutMs)
  }

  dequeue(sender: Sender): void {
    this.#queue.remove(sender)
  }

  /**
   * Begins a DATA frame of a queued sender. `sender.copyQueued` fills in the payload.
   * @param isAll Whether the sender has no bytes left.
   */
  sendQueued(sender: Sender, bytes: number, isAll: boolean, isLast: boolean): void {
    const offset = this.writer.dataHeader(sender.id, bytes, isLast)
    sender.copyQueued(this.#outbox.buffer, offset, bytes)
    sender.lastFrameAt = this.#outbox.position - bytes - frameHeaderBytes
    this.#spend(sender, bytes)
    if (!isAll && bytes < progressBytesMin) return
    sender.progressAtMs = this.#side.timer.nowMs
    this.#side.budget.earn()
  }

  /** Widens the window of the connection (RFC 9113 §6.9.1). Throws a `ConnectionError`. */
  widen(bytes: number): void {
    const window = this.#queue.window + bytes
    if (window > int31Max) throw windowTooLarge()
    this.#queue.window = window
    this.#flushWhenReady()
  }

  /** Widens the window of a stream. Returns `false` when it would be too large. */
  widenStream(sender: Sender, bytes: number): boolean {
    if (sender.sendWindow + bytes > int31Max) return false
    sender.sendWindow += bytes
    this.#queue.resume(sender)
    this.#flushWhenReady()
    return true
  }

  /**
   * Changes the windows of streams, which may become negative (RFC 9113 §6.9.2). Throws a
   * `ConnectionError`.
   */
  shiftWindows(senders: Iterable<Sender>, bytes: number): void {
    for (const sender of senders) {
      sender.sendWindow += bytes
      if (sender.sendWindow > int31Max) throw windowTooLarge()
      if (sender.sendWindow > 0) this.#queue.resume(sender)
      else this.#queue.pause(sender)
    }
    this.#flushWhenReady()
  }

  /** Sends gathered frames and DATA that may be sent, until the socket is full. */
  flush(): void {
    const { context, socket, timer } = this.#side
    this.#flushing = true
    while (this.#blockedSinceMs === undefined && !this.#stopped) {
      this.#queue.pump(this.#outbox, this.#gatheredBytesMax)
      if (this.#outbox.bytes === 0) break
      if (this.#outbox.flush(socket)) continue
      this.#blockedSinceMs = timer.tick()
      timer.checkIn(context.limits.stalledTimeoutMs)
      this.#chargeBlocked(socket.writableLength)
    }
    this.#flushing = false
  }

  /** Reports that the socket accepts bytes again. */
  unblock(): void {
    this.#unblockedAtMs = this.#side.timer.tick()
    this.#blockedSinceMs = undefined
    this.#chargeBlocked(0)
    if (!this.#stopped) this.flush()
  }

  /**
   * Passes everything that is gathered to the socket, even if it is blocked, and nothing after
   * that.
   */
  finish(): void {
    if (!this.#stopped && this.#outbox.bytes > 0) this.#outbox.flush(this.#side.socket)
    this.stop()
  }

  /** Drops everything that is gathered, and sends nothing more. */
  stop(): void {
    this.#stopped = true
    this.#chargeBlocked(0)
    this.#outbox.clear()
  }

  #spend(sender: Sender, bytes: number): void {
    sender.sendWindow -= bytes
    this.#queue.window -= bytes
  }

  #flushWhenReady(): void {
    if (this.#queue.isReady) this.onWritten()
  }

  onWritten(): void {
    if (this.#flushing || this.#blockedSinceMs !== undefined || this.#stopped) return
    this.#flushing = true
    this.#side.context.flushSoon(this)
  }

  /** Comes last in its callers, because it may destroy the connection. */
  #chargeBlocked(bytes: number): void {
    const added = bytes - this.#blockedBytes
    this.#blockedBytes = bytes
    if (added > 0) this.#side.account.charge(added)
    else if (added < 0) this.#side.account.discharge(-added)
  }
}

function windowTooLarge(): ConnectionError {
  return new ConnectionError(errorCode.flowControlError, 'window too large')
}
