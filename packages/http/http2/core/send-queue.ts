import type { Outbox } from '../frames/outbox.ts'
import { frameBytesMax, initialWindowBytes } from '../frames/wire.ts'

/** A stream that sends. */
export interface Sender {
  readonly id: number
  /** Bytes that the peer accepts on the stream (RFC 9113 §6.9.1). */
  sendWindow: number
  /** Position in the outbox where its last frame begins, or -1. */
  lastFrameAt: number
  /** Time when bytes that waited were last sent. */
  progressAtMs: number
  /** Sends one frame of at most `bytesMax`. Returns whether it could send another. */
  sendFrame(bytesMax: number): boolean
  /** Moves bytes that wait into a frame. */
  copyQueued(buffer: Buffer, offset: number, bytes: number): void
}

/**
 * The send window of the connection. Streams share it in round-robin order, one frame each (RFC
 * 9113 §5.2, §5.3).
 */
export class SendQueue {
  /** Bytes that the peer accepts on the connection (RFC 9113 §6.9.1). */
  window = initialWindowBytes
  /** All senders whose DATA waits for a window, the socket, or other streams. */
  #waiting: Set<Sender> | undefined
  /** The waiting senders whose own window is open. */
  #ready: Set<Sender> | undefined

  get waiting(): Iterable<Sender> {
    return this.#waiting ?? []
  }

  /** True when DATA could be sent now. */
  get isReady(): boolean {
    return this.window > 0 && this.#ready !== undefined && this.#ready.size > 0
  }

  /** Returns whether `bytes` may be sent at once, because no other sender is ready. */
  passes(bytes: number): boolean {
    return bytes <= this.window && bytes <= frameBytesMax && !this.#ready?.size
  }

  add(sender: Sender): void {
    this.#waiting ??= new Set()
    this.#waiting.add(sender)
    if (sender.sendWindow > 0) this.#setReady(sender)
  }

  /** Reports that the sender's window has grown. It may still be negative (RFC 9113 §6.9.2). */
  resume(sender: Sender): void {
    if (sender.sendWindow > 0 && this.#waiting?.has(sender)) this.#setReady(sender)
  }

  /** Reports that the sender's window has closed. */
  pause(sender: Sender): void {
    this.#ready?.delete(sender)
  }

  remove(sender: Sender): void {
    this.#waiting?.delete(sender)
    this.#ready?.delete(sender)
  }

  /** Fills the outbox up to `gatheredBytesMax`. */
  pump(outbox: Outbox, gatheredBytesMax: number): void {
    const ready = this.#ready
    if (ready === undefined) return
    // A sender that is added again comes after all others.
    for (const sender of ready) {
      if (this.window <= 0 || outbox.bytes >= gatheredBytesMax) return
      ready.delete(sender)
      if (sender.sendFrame(Math.min(this.window, frameBytesMax))) ready.add(sender)
    }
  }

  #setReady(sender: Sender): void {
    this.#ready ??= new Set()
    this.#ready.add(sender)
  }
}
