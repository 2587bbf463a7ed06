import type { Socket } from 'node:net'
import type { MemoryAccount, MemoryHolder } from '../../memory/account.ts'
import type { Swept } from '../../sweep.ts'
import { ConnectionError, errorName } from '../frames/errors.ts'
import { initialPeerSettings, type PeerSettings, readSettings } from '../frames/settings.ts'
import { errorCode, initialWindowBytes } from '../frames/wire.ts'
import { HpackError } from '../hpack/error.ts'
import type { Http2Limits } from '../limits.ts'
import type { Hub } from './context.ts'
import { PeerBudget } from './peer-budget.ts'
import { Receiver } from './receiver.ts'
import type { Http2Stream } from './stream.ts'
import { StreamTable } from './stream-table.ts'
import { Transmitter } from './transmitter.ts'

/** What is done, and when. */
export type Deadline = readonly [atMs: number, act: () => void]

/**
 * A connection as far as both sides are alike: a socket, what is received and sent on it, the streams that are open, and
 * how it ends. A server and a client add what each does alone.
 */
export abstract class Http2Connection<S extends Http2Stream = Http2Stream>
  implements Swept, MemoryHolder
{
  readonly hub: Hub
  readonly limits: Http2Limits
  readonly socket: Socket
  readonly account: MemoryAccount
  readonly transmitter: Transmitter
  readonly receiver: Receiver
  readonly streams = new StreamTable<S>(this)
  /** What the peer has said of itself. */
  readonly peer: PeerSettings = initialPeerSettings()
  readonly budget: PeerBudget
  /** When `tick` was last called: for the chunk at hand, and for what begins to wait. */
  nowMs: number
  sweepSlot: number | undefined
  /** Since when there is no stream. */
  protected idleSinceMs: number
  readonly #openedAtMs: number
  #settingsAcked = false
  /** Since when the socket takes no more, and since when it takes again. */
  #blockedSinceMs: number | undefined
  #unblockedAtMs = 0
  /** When the connection was ended by us; what still comes is not looked at. */
  #endedAtMs: number | undefined
  #lingeredBytes = 0
  #closed = false

  /** @param isTrusted whether the peer may send as many frames that carry nothing, and resets, as it likes. */
  constructor(hub: Hub, socket: Socket, account: MemoryAccount, isTrusted = false) {
    this.hub = hub
    this.limits = hub.limits
    this.socket = socket
    this.account = account
    account.holder = this
    this.nowMs = hub.now()
    this.#openedAtMs = this.nowMs
    this.idleSinceMs = this.nowMs
    this.budget = new PeerBudget(this.limits, this.nowMs, isTrusted)
    this.transmitter = new Transmitter(this, () => this.#onBlocked())
    this.receiver = new Receiver(this)
  }

  /** Whether the stream was never opened (RFC 9113 §5.1, "idle"). */
  abstract isIdle(streamId: number): boolean
  /** A whole field block has come; `overflow` when it was beyond the limits, and `fields` is not all of it. */
  abstract onFields(
    streamId: number,
    fields: readonly string[],
    overflow: boolean,
    endStream: boolean,
  ): void
  /** The peer will close the connection (RFC 9113 §6.8). */
  abstract onGoaway(lastStreamId: number, code: number, message: string): void
  /** A PING of ours is answered. */
  abstract onPong(payload: Uint8Array): void
  /** The highest stream of the peer's that was taken, for GOAWAY. */
  protected abstract readonly lastPeerStreamId: number
  /** A chunk was looked at whole. */
  protected abstract onChunkEnd(): void
  /** The connection is over. Called once; its streams were told before. */
  protected abstract onClosed(cause: Error): void
  /** What is timed, beside what is alike on both sides. */
  protected abstract deadlines(): Deadline[]

  /** Whether nothing can be sent any more. */
  get closed(): boolean {
    return this.#closed || this.#endedAtMs !== undefined
  }

  /** What a new stream lets its peer send. */
  get streamWindowBytes(): number {
    const { streamWindowBytes } = this.limits
    // Until our settings are known to be seen, the peer may send what every stream begins with (RFC 9113 §6.9.2).
    return this.#settingsAcked ? streamWindowBytes : Math.max(streamWindowBytes, initialWindowBytes)
  }

  /** Sends the settings, and takes what the socket has and gets. */
  protected open(settings: Uint8Array): void {
    const { socket, limits } = this
    this.transmitter.writer.settings(settings)
    this.receiver.openWindow()
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#onDrain())
    socket.on('end', () => this.finish(new Error('the peer closed the connection')))
    socket.on('error', (error) => this.#close(error))
    socket.on('close', () => this.#close(new Error('the connection was closed')))
    // One that was paused stays so when a listener is added.
    socket.resume()
    this.lookIn(Math.min(limits.prefaceTimeoutMs, limits.settingsTimeoutMs))
  }

  /** Takes from a chunk what is before the frames. */
  protected unframed(chunk: Buffer): Buffer {
    return chunk
  }

  /** A stream has left the table. */
  onStreamClosed(_stream: S): void {
    if (this.streams.size > 0) return
    this.idleSinceMs = this.tick()
    this.lookIn(this.limits.idleTimeoutMs)
  }

  /** A stream has DATA that waits. */
  enqueue(stream: S): void {
    stream.progressAtMs = this.tick()
    this.transmitter.queue.add(stream)
    this.transmitter.flushWhenReady()
    this.lookIn(this.limits.stalledTimeoutMs)
  }

  onSettings(bytes: Uint8Array, start: number, end: number): void {
    const { peer } = this
    const before = peer.windowBytes
    readSettings(peer, bytes, start, end)
    this.transmitter.encoder.setPeerTableBytes(peer.headerTableBytesMin)
    this.transmitter.encoder.setPeerTableBytes(peer.headerTableBytes)
    if (peer.windowBytes !== before) this.streams.shiftWindows(peer.windowBytes - before)
    this.transmitter.writer.listBytesMax = peer.headerListBytesMax
    this.transmitter.writer.settingsAck()
  }

  onSettingsAck(): void {
    this.#settingsAcked = true
  }

  /** For frames of the peer's that carry nothing. */
  spend(frames: number): void {
    this.budget.spend(frames, this.nowMs)
  }

  tick(): number {
    this.nowMs = this.hub.now()
    return this.nowMs
  }

  /** Looks at the deadlines so long after the last tick, or earlier. */
  lookIn(ms: number): void {
    this.hub.sweep.lookAt(this, this.nowMs + ms)
  }

  onSweep(nowMs: number): number {
    this.nowMs = nowMs
    let next = Number.POSITIVE_INFINITY
    for (const [atMs, act] of this.#allDeadlines()) {
      if (atMs > nowMs) next = Math.min(next, atMs)
      else act()
    }
    return this.#closed ? Number.POSITIVE_INFINITY : next
  }

  #allDeadlines(): Deadline[] {
    const { limits, receiver } = this
    if (this.#endedAtMs !== undefined) {
      const cut = () => this.destroy(new Error('the connection was ended'))
      return [[this.#endedAtMs + limits.closeTimeoutMs, cut]]
    }
    const due = this.deadlines()
    if (!receiver.settingsSeen) {
      const late = new Error('the peer sent no settings')
      due.push([this.#openedAtMs + limits.prefaceTimeoutMs, () => this.destroy(late)])
    }
    if (!this.#settingsAcked) {
      const late = () => this.fail(errorCode.settingsTimeout, 'settings not acknowledged')
      due.push([this.#openedAtMs + limits.settingsTimeoutMs, late])
    }
    if (receiver.headersSinceMs !== undefined) {
      const late = () => this.fail(errorCode.enhanceYourCalm, 'a field block takes too long')
      due.push([receiver.headersSinceMs + limits.headersTimeoutMs, late])
    }
    due.push(...this.#stalls())
    return due
  }

  /** A peer that takes nothing of what it asked for (CVE-2019-9511, 9517). */
  #stalls(): Deadline[] {
    const { stalledTimeoutMs } = this.limits
    if (this.#blockedSinceMs !== undefined) {
      const stalled = new Error('the peer does not read')
      return [[this.#blockedSinceMs + stalledTimeoutMs, () => this.destroy(stalled)]]
    }
    return Array.from(this.transmitter.queue.waiting, (stream) => {
      const sinceMs = Math.max(stream.progressAtMs, this.#unblockedAtMs)
      const stalled = () =>
        this.streams.reset(stream as S, errorCode.cancel, 'the peer does not read')
      return [sinceMs + stalledTimeoutMs, stalled]
    })
  }

  /** Resets the stream of which the most is held, or cuts a connection that does not read. */
  shed(): boolean {
    if (this.streams.shedLargest()) return true
    if (this.#closed || this.transmitter.blockedBytes === 0) return false
    this.destroy(new Error('the peer does not read, and memory is short'))
    return true
  }

  /** Ends the connection for an error of the peer's (RFC 9113 §5.4.1), or for a reason of ours. */
  fail(code: number, message: string): void {
    if (this.closed) return
    this.transmitter.writer.goaway(this.lastPeerStreamId, code, message)
    this.finish(new Error(`${message}: ${errorName(code)}`))
  }

  /** Ends the connection when all that was to be told is gathered. */
  protected finish(cause: Error): void {
    if (this.closed) return
    this.#endedAtMs = this.tick()
    this.streams.fail(cause)
    this.transmitter.finish()
    this.socket.end()
    // What still comes is read, and dropped: a reset because of it could overtake the GOAWAY.
    this.socket.resume()
    this.lookIn(this.limits.closeTimeoutMs)
  }

  /** Cuts the connection. */
  destroy(cause: Error): void {
    this.socket.destroy()
    this.#close(cause)
  }

  #close(cause: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.hub.sweep.remove(this)
    this.receiver.close()
    this.streams.fail(cause)
    this.transmitter.stop()
    this.onClosed(cause)
  }

  #onData(chunk: Buffer): void {
    if (this.closed) {
      this.#lingeredBytes += chunk.length
      if (this.#lingeredBytes > this.limits.lingeringBytesMax) this.socket.pause()
      return
    }
    this.tick()
    try {
      this.receiver.push(this.unframed(chunk))
    } catch (error) {
      this.#onBroken(error)
    }
    this.onChunkEnd()
    // A peer that does not read is not read from (CVE-2019-9512, 9515).
    if (this.transmitter.isStuck(this.limits.unsentBytesMax)) this.socket.pause()
  }

  #onBroken(error: unknown): void {
    if (error instanceof ConnectionError) this.fail(error.code, error.message)
    else if (error instanceof HpackError) this.fail(errorCode.compressionError, error.message)
    else throw error
  }

  #onBlocked(): void {
    this.#blockedSinceMs = this.tick()
    this.lookIn(this.limits.stalledTimeoutMs)
  }

  #onDrain(): void {
    this.#unblockedAtMs = this.tick()
    this.#blockedSinceMs = undefined
    if (this.closed) return
    this.socket.resume()
    this.transmitter.onDrain()
  }
}
