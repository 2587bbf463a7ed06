import { ConnectionError } from '../frames/errors.ts'
import { errorCode, initialWindowBytes } from '../frames/wire.ts'
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

  /** Counts a DATA frame. Throws a `ConnectionError` beyond the window. */
  spend(bytes: number): void {
    this.#bytes -= bytes
    if (this.#bytes >= 0) return
    throw new ConnectionError(errorCode.flowControlError, 'DATA beyond the window')
  }

  /** Returns the credit of DATA that was taken or dropped. The peer gets it in larger parts. */
  giveBack(bytes: number): void {
    this.#unreturnedBytes += bytes
    if (this.#unreturnedBytes * 2 >= this.#limits.connectionWindowBytes) this.open()
  }

  /** Sends the peer all credit that it does not have yet. */
  open(): void {
    if (this.#unreturnedBytes === 0) return
    this.#transmitter.writer.windowUpdate(0, this.#unreturnedBytes)
    this.#bytes += this.#unreturnedBytes
    this.#unreturnedBytes = 0
  }
}
