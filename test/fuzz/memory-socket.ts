import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A server's socket without a network. The test controls the client's side. */
export class MemorySocket extends Duplex {
  /** Bytes that the server has written and the test has not read. */
  #written: Buffer[] = []
  /** True when the server has ended its side. */
  isEnded = false
  /** Callback of a pending write. */
  #held: (() => void) | undefined
  #isReading = true

  constructor() {
    super({ readableHighWaterMark: 65_536, writableHighWaterMark: 65_536 })
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** Sends bytes as the client. */
  send(bytes: Buffer): void {
    if (!this.destroyed && bytes.length > 0) this.push(bytes)
  }

  /** Ends the client's side. */
  hangUp(): void {
    if (!this.destroyed) this.push(null)
  }

  /** Returns the bytes written since the last call. */
  takeWritten(): Buffer {
    const bytes = Buffer.concat(this.#written)
    this.#written = []
    return bytes
  }

  /** Pauses or resumes reading by the client. */
  setReading(isReading: boolean): void {
    this.#isReading = isReading
    if (!isReading) return
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // A copy, because the server may reuse its buffer after the write.
    this.#written.push(Buffer.from(chunk))
    if (this.#isReading) done()
    else this.#held = done
  }

  override _final(done: () => void): void {
    this.isEnded = true
    done()
  }
}

/**
 * Resolves when the server has processed its input. Waits a bounded time for a socket that the
 * server does not read.
 */
export async function settled(...sockets: readonly MemorySocket[]): Promise<void> {
  for (
    let turn = 0;
    turn < 50 && sockets.some(({ readableLength }) => readableLength > 0);
    turn++
  ) {
    await nextTurn()
  }
  for (let turn = 0; turn < 4; turn++) await nextTurn()
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
