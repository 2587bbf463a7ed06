import type { Socket } from 'node:net'
import type { MemoryAccount } from '../../memory/account.ts'
import { Outbox } from '../frames/outbox.ts'
import { FrameWriter } from '../frames/writer.ts'
import { HpackEncoder } from '../hpack/encoder.ts'
import type { Hub } from './context.ts'
import { SendQueue } from './send-queue.ts'
import type { Http2Stream } from './stream.ts'

/** The connection that sends. */
export interface Sending {
  readonly hub: Hub
  readonly socket: Socket
  readonly account: MemoryAccount
}

/** Gathers what a connection sends, and gives it to the socket once a turn of the event loop, as fast as that takes it. */
export class Transmitter {
  readonly outbox: Outbox
  readonly writer: FrameWriter
  readonly queue = new SendQueue<Http2Stream>()
  readonly encoder = new HpackEncoder()
  readonly #hub: Hub
  readonly #socket: Socket
  readonly #account: MemoryAccount
  readonly #onBlocked: () => void
  #flushing = false
  #isBlocked = false
  #stopped = false
  /** What the socket was given and has not sent, while it takes no more; charged. */
  blockedBytes = 0

  /** @param onBlocked Called when the socket has enough; `onDrain` is to be called when it has not any more. */
  constructor({ hub, socket, account }: Sending, onBlocked: () => void) {
    this.#hub = hub
    this.#socket = socket
    this.#account = account
    this.#onBlocked = onBlocked
    this.outbox = new Outbox(hub.chunks)
    this.writer = new FrameWriter(this.outbox, this.encoder, () => this.flushSoon())
  }

  /** Whether the peer does not take what it gets, and so much waits already. */
  isStuck(bytes: number): boolean {
    return this.#isBlocked && this.outbox.bytes > bytes
  }

  /** Whether so many bytes may go at once, before nobody else. */
  passes(bytes: number): boolean {
    return this.queue.passes(bytes) && this.outbox.bytes < this.#hub.limits.gatheredBytesMax
  }

  flushSoon(): void {
    if (this.#flushing || this.#isBlocked || this.#stopped) return
    this.#flushing = true
    this.#hub.flushSoon(this)
  }

  flushWhenReady(): void {
    if (this.queue.isReady) this.flushSoon()
  }

  /** Sends what is gathered and what may go, until the socket has enough. */
  flush(): void {
    this.#flushing = true
    while (!this.#isBlocked && !this.#stopped) {
      this.queue.pump(this.outbox, this.#hub.limits.gatheredBytesMax)
      if (this.outbox.bytes === 0) break
      if (this.outbox.flush(this.#socket)) continue
      this.#isBlocked = true
      this.#onBlocked()
      this.#chargeBlocked(this.#socket.writableLength)
    }
    this.#flushing = false
  }

  onDrain(): void {
    this.#isBlocked = false
    this.#chargeBlocked(0)
    this.flush()
  }

  /** Gives the socket all that is gathered, whatever it has, and nothing after that. */
  finish(): void {
    if (!this.#stopped && this.outbox.bytes > 0) this.outbox.flush(this.#socket)
    this.stop()
  }

  /** Sends nothing any more. */
  stop(): void {
    this.#stopped = true
    this.#chargeBlocked(0)
    this.outbox.clear()
  }

  /** Last, because the connection may be cut by it. */
  #chargeBlocked(bytes: number): void {
    const added = bytes - this.blockedBytes
    this.blockedBytes = bytes
    if (added > 0) this.#account.charge(added)
    else if (added < 0) this.#account.discharge(-added)
  }
}
