import type { Outbox } from '../frames/outbox.ts'
import { frameBytesMax, initialWindowBytes } from '../frames/wire.ts'

/** Has DATA that waits. */
export interface Sender {
  readonly sendWindow: number
  /** Sends one frame of no more than `bytesMax`; answers whether it could send another. */
  sendFrame(bytesMax: number): boolean
}

/** The connection's window, and whose turn it is: one frame each, in the order in which they came (RFC 9113 §5.2, §5.3). */
export class SendQueue<S extends Sender> {
  /** What the peer takes on the connection (RFC 9113 §6.9.1). */
  window = initialWindowBytes
  /** All with DATA that waits, for a window, the socket, or their turn. */
  #waiting: Set<S> | undefined
  /** Those of them whose own window is open. */
  #ready: Set<S> | undefined

  get waiting(): Iterable<S> {
    return this.#waiting ?? []
  }

  /** Whether something could be sent now. */
  get isReady(): boolean {
    return this.window > 0 && this.#ready !== undefined && this.#ready.size > 0
  }

  /** Whether so many bytes may go at once, before nobody else. */
  passes(bytes: number): boolean {
    return bytes <= this.window && bytes <= frameBytesMax && !this.#ready?.size
  }

  add(sender: S): void {
    this.#waiting ??= new Set()
    this.#waiting.add(sender)
    if (sender.sendWindow > 0) this.#setReady(sender)
  }

  /** Its window has grown, but may be below zero still (RFC 9113 §6.9.2). */
  resume(sender: S): void {
    if (sender.sendWindow > 0 && this.#waiting?.has(sender)) this.#setReady(sender)
  }

  /** Its window has closed. */
  pause(sender: S): void {
    this.#ready?.delete(sender)
  }

  remove(sender: S): void {
    this.#waiting?.delete(sender)
    this.#ready?.delete(sender)
  }

  /** Fills the outbox up to so many bytes. */
  pump(outbox: Outbox, gatheredBytesMax: number): void {
    const ready = this.#ready
    if (ready === undefined) return
    // What is added again comes after all others.
    for (const sender of ready) {
      if (this.window <= 0 || outbox.bytes >= gatheredBytesMax) return
      ready.delete(sender)
      if (sender.sendFrame(Math.min(this.window, frameBytesMax))) ready.add(sender)
    }
  }

  #setReady(sender: S): void {
    this.#ready ??= new Set()
    this.#ready.add(sender)
  }
}
