import type { Socket } from 'node:net'
import type { Arrival } from '../arrival.ts'
import type { MemoryAccount } from '../memory/account.ts'

/** A text has one character per byte (latin1). */
type Piece = string | Uint8Array

/** Maximum size of pieces that are copied together, in bytes. A write costs more than a copy. */
const gatheredBytesMax = 64 * 1024
/** A longer piece is written in parts, so that progress of a slow client is visible. */
const partBytesMax = 256 * 1024
const copiedBytesMax = 16 * 1024

/** Gathers the bytes that a connection sends until they are flushed, and waits for its client. */
export class Output {
  readonly #socket: Socket
  readonly #account: MemoryAccount
  readonly #queueBytesMax: number
  /** Bytes charged to the account: those that wait while the socket is blocked. */
  #chargedBytes = 0
  #pieces: Piece[] = []
  #bytes = 0
  #isBlocked = false
  #isEnding = false
  #waiter: PromiseWithResolvers<void> | undefined
  readonly #onBlocked: () => void
  /** Bytes passed to the socket. */
  writtenBytes = 0

  /**
   * @param arrival Its account is charged with the bytes that wait for the client.
   * @param queueBytesMax Bytes from which on there is no room.
   * @param onBlocked Called when the socket is full and has to send before it accepts more.
   */
  constructor(
    { socket, account }: Pick<Arrival, 'socket' | 'account'>,
    queueBytesMax: number,
    onBlocked: () => void,
  ) {
    this.#socket = socket
    this.#account = account
    this.#queueBytesMax = queueBytesMax
    this.#onBlocked = onBlocked
  }

  /** True while the socket is full and has to send first. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  get hasRoom(): boolean {
    return !this.#isBlocked && this.#bytes < this.#queueBytesMax
  }

  push(piece: Piece): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#bytes += piece.length
  }

  /** Writes the gathered bytes to the socket until it is full. */
  flush(): void {
    while (this.#bytes > 0 && !this.#isBlocked) this.#writeSome()
    if (this.#isBlocked) {
      this.#setCharge(this.#bytes + this.#socket.writableLength)
      return
    }
    this.#setCharge(0)
    this.#wake()
    if (this.#isEnding) this.#socket.end()
  }

  /** Reports that the socket has sent its bytes. */
  onDrain(): void {
    this.#isBlocked = false
    this.flush()
  }

  /** Resolves when there is room, or nothing can be sent any more. */
  drained(): Promise<void> {
    if (this.hasRoom) return Promise.resolve()
    this.#waiter ??= Promise.withResolvers<void>()
    return this.#waiter.promise
  }

  /** Ends our side of the connection after everything that was pushed. */
  end(): void {
    this.#isEnding = true
    this.flush()
  }

  /** True when our side has ended. */
  get isEnded(): boolean {
    return this.#isEnding && !this.#isBlocked
  }

  /** Drops the bytes that were not sent. */
  close(): void {
    this.#pieces = []
    this.#bytes = 0
    this.#isBlocked = false
    this.#isEnding = false
    this.#setCharge(0)
    this.#wake()
  }

  #setCharge(bytes: number): void {
    const added = bytes - this.#chargedBytes
    this.#chargedBytes = bytes
    if (added > 0) this.#account.charge(added)
    else if (added < 0) this.#account.discharge(-added)
  }

  #writeSome(): void {
    const part = this.#takeSome()
    this.#bytes -= part.length
    this.writtenBytes += part.length
    if (this.#socket.write(part)) return
    this.#isBlocked = true
    this.#onBlocked()
  }

  #takeSome(): Uint8Array {
    const first = this.#pieces[0] as Piece
    if (typeof first !== 'string' && first.length > copiedBytesMax) {
      if (first.length > partBytesMax) this.#pieces[0] = first.subarray(partBytesMax)
      else this.#pieces.shift()
      return first.subarray(0, partBytesMax)
    }
    let count = 0
    let bytes = 0
    for (const { length } of this.#pieces) {
      if (count > 0 && (length > copiedBytesMax || bytes + length > gatheredBytesMax)) break
      count++
      bytes += length
    }
    return copyTogether(this.#pieces.splice(0, count), bytes)
  }

  #wake(): void {
    if (this.#waiter === undefined) return
    this.#waiter.resolve()
    this.#waiter = undefined
  }
}

function copyTogether(pieces: readonly Piece[], bytes: number): Buffer {
  const together = Buffer.allocUnsafe(bytes)
  let offset = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') together.write(piece, offset, 'latin1')
    else together.set(piece, offset)
    offset += piece.length
  }
  return together
}
