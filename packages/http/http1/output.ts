import type { Socket } from 'node:net'
import type { MemoryAccount } from '../memory/account.ts'
import type { Arrival } from './arrival.ts'

/** Text is byte by byte (latin1). */
type Piece = string | Uint8Array

/** Pieces are copied together up to this size, because a write costs more than a copy. */
const gatheredBytesMax = 64 * 1024
/** A longer piece is not copied, but written part by part, so that one can see that a slow client takes something. */
const partBytesMax = 256 * 1024
const copiedBytesMax = 16 * 1024

/** Gathers what a connection sends until it is flushed, and waits for its client. */
export class Output {
  readonly #socket: Socket
  readonly #account: MemoryAccount
  readonly #queueBytesMax: number
  /** What the account is charged: only what is left when the socket has enough. */
  #chargedBytes = 0
  #pieces: Piece[] = []
  #bytes = 0
  #isBlocked = false
  #isEnding = false
  #waiter: PromiseWithResolvers<void> | undefined
  readonly #onBlocked: () => void
  /** Bytes that were given to the socket. */
  writtenBytes = 0

  /**
   * @param arrival whose account is charged with what waits for the client.
   * @param queueBytesMax from which on there is no room.
   * @param onBlocked called when the socket has taken some, and has to send it before it takes more.
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

  /** Whether the socket has to send first what it was given. */
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

  /** Gives the socket what is gathered, as far as it takes it. */
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

  /** The socket has sent what it was given. */
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

  /** Ends our side of the connection behind all that was pushed. */
  end(): void {
    this.#isEnding = true
    this.flush()
  }

  /** Whether our side has ended. */
  get isEnded(): boolean {
    return this.#isEnding && !this.#isBlocked
  }

  /** Forgets what was not sent. */
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
