import type { Socket } from 'node:net'
import type { MemoryAccount, MemoryHolder } from '../../memory/account.ts'
import { ConnectionError, errorName } from '../frames/errors.ts'
import { errorCode } from '../frames/wire.ts'
import { HpackError } from '../hpack/error.ts'
import type { Http2Limits } from '../limits.ts'
import type { Http2Context } from './context.ts'
import { PeerBudget } from './peer-budget.ts'
import { ReceiveWindow } from './receive-window.ts'
import { type FrameOwner, Receiver, type ReceiverSink } from './receiver.ts'
import type { Sender } from './send-queue.ts'
import { onEvents, type SocketOwner } from './socket-events.ts'
import type { Http2Stream, StreamOwner } from './stream.ts'
import type { StreamLink } from './stream-link.ts'
import { StreamTable, type StreamTableLink } from './stream-table.ts'
import { ConnectionTimer, type DeadlineOwner } from './timer.ts'
import { type SendingSide, Transmitter } from './transmitter.ts'

/** A time, and the action that is due then. */
export type Deadline = readonly [atMs: number, act: () => void]

/** The server's or the client's side of a connection. */
export interface ConnectionOwner<O extends StreamOwner> extends FrameOwner {
  /** Reports that the peer's SETTINGS were applied. */
  onSettings?(): void
  /** Reports that a stream has left the table. */
  onStreamClosed(stream: Http2Stream<O>): void
  /** Reports that all frames of a chunk were handled. */
  onChunkEnd(): void
  /** Reports that the connection is over and its streams have failed. Called once. */
  onClosed(cause: Error): void
  /** Returns the deadlines of this side. Those of every connection are separate. */
  deadlines(): Deadline[]
  /** Removes the preface, which comes before the first frame, from a chunk. */
  stripPreface?(chunk: Buffer): Buffer
}

export interface ConnectionOptions {
  readonly context: Http2Context
  readonly socket: Socket
  readonly account: MemoryAccount
  /** True to allow any number of resets and of frames that carry nothing. Default: false. */
  readonly isTrusted?: boolean | undefined
}

/**
 * The core of a connection, the same at a server and a client: a socket, its two directions, its
 * streams, and its end.
 */
export class Http2Connection<O extends StreamOwner = StreamOwner>
  implements
    StreamLink,
    StreamTableLink<O>,
    ReceiverSink,
    SendingSide,
    MemoryHolder,
    SocketOwner,
    DeadlineOwner
{
  readonly owner: ConnectionOwner<O>
  readonly context: Http2Context
  readonly limits: Http2Limits
  readonly socket: Socket
  readonly account: MemoryAccount
  readonly timer: ConnectionTimer
  readonly budget: PeerBudget
  readonly transmitter: Transmitter
  readonly receiveWindow: ReceiveWindow
  readonly streams: StreamTable<O>
  /** Highest stream of the peer that was accepted, for GOAWAY. */
  lastTakenId = 0
  /** Time when the last stream was closed. */
  idleSinceMs: number
  readonly #receiver: Receiver
  readonly #openedAtMs: number
  /** Time when this side ended the connection. Bytes that arrive later are dropped. */
  #endedAtMs: number | undefined
  #lingeredBytes = 0
  #closed = false

  constructor(options: ConnectionOptions, owner: ConnectionOwner<O>) {
    const { context, socket, account, isTrusted = false } = options
    this.context = context
    this.limits = context.limits
    this.socket = socket
    this.account = account
    account.holder = this
    this.owner = owner
    this.timer = new ConnectionTimer(context.clock, context.sweep, this)
    this.#openedAtMs = this.timer.nowMs
    this.idleSinceMs = this.timer.nowMs
    this.budget = new PeerBudget(this.limits, this.timer, isTrusted)
    this.transmitter = new Transmitter(this)
    this.receiveWindow = new ReceiveWindow(this.limits, this.transmitter)
    this.streams = new StreamTable(this)
    this.#receiver = new Receiver(this)
  }

  /** True when nothing can be sent any more. */
  get closed(): boolean {
    return this.#closed || this.#endedAtMs !== undefined
  }

  /** Sends our SETTINGS, and starts to read. */
  open(settings: Uint8Array): void {
    const { socket, limits } = this
    this.transmitter.writer.settings(settings)
    this.receiveWindow.open()
    onEvents(socket, this)
    // A paused socket stays paused when a listener is added.
    socket.resume()
    this.timer.checkIn(Math.min(limits.prefaceTimeoutMs, limits.settingsTimeoutMs))
    this.timer.checkIn(limits.idleTimeoutMs)
  }

  reset(stream: Sender, code: number, message: string): void {
    this.streams.reset(stream, code, message)
  }

  /**
   * Bodies that nobody reads yet, of calls that wait for their turn, must not hold the window that a
   * body needs whose reader waits: the turn may depend on the end of that call.
   */
  relieve(): void {
    if (!this.receiveWindow.isSpent || this.account.isShort) return
    const isWanted = [...this.streams.values()].some(({ body }) => body.isWanted)
    if (isWanted) this.receiveWindow.lend()
  }

  onStreamClosed(stream: Http2Stream<O>): void {
    if (this.streams.size === 0) {
      this.idleSinceMs = this.timer.tick()
      this.timer.checkIn(this.limits.idleTimeoutMs)
    }
    this.owner.onStreamClosed(stream)
  }

  onSettings(bytes: Uint8Array, start: number, end: number): void {
    const addedBytes = this.transmitter.applySettings(bytes, start, end)
    if (addedBytes !== 0) this.transmitter.shiftWindows(this.streams.values(), addedBytes)
    this.transmitter.writer.settingsAck()
    this.owner.onSettings?.()
  }

  onSettingsAcked(): void {
    if (this.receiveWindow.isSettingsAcked) return
    this.receiveWindow.isSettingsAcked = true
    // The deadlines of the handshake are over: an idle connection is next checked for its idle time.
    this.timer.postpone(Math.min(...this.#deadlines().map(([atMs]) => atMs)))
  }

  /** Resets the stream that holds most memory, or destroys a connection that does not read. */
  shed(): boolean {
    if (this.streams.shedLargest()) return true
    if (this.#closed || !this.transmitter.holdsUnread) return false
    this.destroy(new Error('the peer does not read, and memory is short'))
    return true
  }

  /** Ends the connection for an error of the peer (RFC 9113 §5.4.1), or for a reason of ours. */
  fail(code: number, message: string): void {
    if (this.closed) return
    this.transmitter.writer.goaway(this.lastTakenId, code, message)
    this.finish(new Error(`${message}: ${errorName(code)}`))
  }

  /** Ends the connection after the frames that were written. */
  finish(cause: Error): void {
    if (this.closed) return
    this.#endedAtMs = this.timer.tick()
    this.streams.fail(cause)
    this.transmitter.finish()
    this.socket.end()
    // Bytes that still arrive are read and dropped: a TCP reset because of them could overtake the
    // GOAWAY.
    this.socket.resume()
    this.timer.checkIn(this.limits.closeTimeoutMs)
  }

  /** Destroys the connection. */
  destroy(cause: Error): void {
    this.socket.destroy()
    this.onClose(cause)
  }

  /** Reports that the socket has closed. */
  onClose(cause: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.timer.stop()
    this.#receiver.close()
    this.streams.fail(cause)
    this.transmitter.stop()
    this.owner.onClosed(cause)
  }

  onData(chunk: Buffer): void {
    if (this.closed) {
      this.#lingeredBytes += chunk.length
      if (this.#lingeredBytes > this.limits.lingeringBytesMax) this.socket.pause()
      return
    }
    this.timer.tick()
    try {
      this.#receiver.push(this.owner.stripPreface?.(chunk) ?? chunk)
    } catch (error) {
      this.#onBroken(error)
    }
    this.owner.onChunkEnd()
    // Does not read from a peer that does not read (CVE-2019-9512, 9515).
    if (this.transmitter.isStuck(this.limits.unsentBytesMax)) this.socket.pause()
  }

  #onBroken(error: unknown): void {
    if (error instanceof ConnectionError) this.fail(error.code, error.message)
    else if (error instanceof HpackError) this.fail(errorCode.compressionError, error.message)
    else throw error
  }

  onDrain(): void {
    if (!this.closed) this.socket.resume()
    this.transmitter.unblock()
  }

  onEnd(): void {
    this.finish(new Error('the peer closed the connection'))
  }

  checkDeadlines(): number {
    const { nowMs } = this.timer
    let next = Number.POSITIVE_INFINITY
    for (const [atMs, act] of this.#deadlines()) {
      if (atMs > nowMs) next = Math.min(next, atMs)
      else act()
    }
    return this.#closed ? Number.POSITIVE_INFINITY : next
  }

  #deadlines(): Deadline[] {
    const { limits } = this
    if (this.#endedAtMs !== undefined) {
      const cut = () => this.destroy(new Error('the connection was ended'))
      return [[this.#endedAtMs + limits.closeTimeoutMs, cut]]
    }
    const { settingsSeen, headersSinceMs } = this.#receiver
    const due = this.owner.deadlines()
    if (!settingsSeen) {
      const late = new Error('the peer sent no SETTINGS in time')
      due.push([this.#openedAtMs + limits.prefaceTimeoutMs, () => this.destroy(late)])
    }
    if (!this.receiveWindow.isSettingsAcked) {
      const late = () => this.fail(errorCode.settingsTimeout, 'SETTINGS not acknowledged in time')
      due.push([this.#openedAtMs + limits.settingsTimeoutMs, late])
    }
    if (headersSinceMs !== undefined) {
      const late = () => this.fail(errorCode.enhanceYourCalm, 'header block not complete in time')
      due.push([headersSinceMs + limits.headersTimeoutMs, late])
    }
    due.push(...this.#stalls())
    return due
  }

  /** Returns the deadlines of a peer that does not read what it requested (CVE-2019-9511, 9517). */
  #stalls(): Deadline[] {
    const { transmitter } = this
    const { stalledTimeoutMs } = this.limits
    const message = 'the peer does not read'
    if (transmitter.blockedSinceMs !== undefined) {
      const cut = () => this.destroy(new Error(message))
      return [[transmitter.blockedSinceMs + stalledTimeoutMs, cut]]
    }
    return Array.from(transmitter.waiting, (sender) => [
      transmitter.stalledSinceMs(sender) + stalledTimeoutMs,
      () => this.reset(sender, errorCode.cancel, message),
    ])
  }
}
