import { ConnectionError } from '../frames/errors.ts'
import { errorCode, frameBytesMax, initialWindowBytes } from '../frames/wire.ts'
import type { Http2Limits } from '../limits.ts'
import type { Transmitter } from './transmitter.ts'

/** Receive window of a connection and of its new streams (RFC 9113 §5.2, §6.9). */
export class ReceiveWindow {
  /** True when the peer has acknowledged our SETTINGS. */
  isSettingsAcked = false
  readonly #limits: Http2Limits
  readonly #transmitter: Transmitter
  /** Bytes that the peer may still send on the connection. */
  #bytes = initialWindowBytes
  #unreturnedBytes: number
  /** Credit that the peer has beyond the limit: see `lend`. */
  #lentBytes = 0

  constructor(limits: Http2Limits, transmitter: Transmitter) {
    this.#limits = limits
    this.#transmitter = transmitter
    this.#unreturnedBytes = Math.max(0, limits.connectionWindowBytes - initialWindowBytes)
  }

  /** Window of a new stream, in bytes. */
  get streamBytes(): number {
    const { streamWindowBytes } = this.#limits
    // Until the peer has seen our SETTINGS, it uses the initial value (RFC 9113 §6.9.2).
    return this.isSettingsAcked
      ? streamWindowBytes
      : Math.max(streamWindowBytes, initialWindowBytes)
  }

  /** True when the peer has less credit than for a whole frame. */
  get isSpent(): boolean {
    return this.#bytes < frameBytesMax
  }

  /** Counts a DATA frame. Throws a `ConnectionError` beyond the window. */
  spend(bytes: number): void {
    this.#bytes -= bytes
    if (this.#bytes >= 0) return
    throw new ConnectionError(errorCode.flowControlError, 'DATA beyond the window')
  }

  /**
   * Returns the credit of DATA that was taken or dropped. The peer gets it when it is as much as it
   * has left: half of the window, or less while bodies that nobody reads hold a part of it.
   */
  giveBack(bytes: number): void {
    const repaidBytes = Math.min(bytes, this.#lentBytes)
    this.#lentBytes -= repaidBytes
    this.#unreturnedBytes += bytes - repaidBytes
    if (this.#unreturnedBytes >= this.#bytes) this.open()
  }

  /**
   * Lets the peer send the window of a stream more than the limit. Credit that is given back later
   * repays it. The windows of the streams still bound what the peer sends.
   */
  lend(): void {
    this.#lentBytes += this.#limits.streamWindowBytes
    this.#unreturnedBytes += this.#limits.streamWindowBytes
    this.open()
  }

  /** Sends the peer all credit that it does not have yet. */
  open(): void {
    if (this.#unreturnedBytes === 0) return
    this.#transmitter.writer.windowUpdate(0, this.#unreturnedBytes)
    this.#bytes += this.#unreturnedBytes
    this.#unreturnedBytes = 0
  }
}
