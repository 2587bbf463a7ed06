import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A server's socket without a network: the client's half is in the hands of the test. */
export class MemorySocket extends Duplex {
  /** What the server has written and the test has not taken. */
  #written: Buffer[] = []
  /** Whether the server has ended its half. */
  isEnded = false
  /** A write that is not taken yet. */
  #held: (() => void) | undefined
  #isReading = true

  constructor() {
    super({ readableHighWaterMark: 65_536, writableHighWaterMark: 65_536 })
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** The client sends. */
  send(bytes: Buffer): void {
    if (!this.destroyed && bytes.length > 0) this.push(bytes)
  }

  /** The client ends its half. */
  hangUp(): void {
    if (!this.destroyed) this.push(null)
  }

  /** The client takes what was written since the last time. */
  takeWritten(): Buffer {
    const bytes = Buffer.concat(this.#written)
    this.#written = []
    return bytes
  }

  /** The client does not read any more, or does again. */
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
    // A copy: the server may write over its buffer when the write is done.
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
 * Resolves when the server has done all that it does at once with what the sockets were given; one that it does not read
 * from is waited for no longer than a while.
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
