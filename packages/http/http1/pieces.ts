import type { MemoryAccount } from '../memory/account.ts'

/** Cost of a piece besides its bytes, so that tiny pieces count as much memory as they take. */
const pieceCostBytes = 256

/** Bytes that have arrived and wait, up to a limit. */
export class Pieces {
  readonly #bytesMax: number
  readonly #account: MemoryAccount
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param bytesMax Bytes from which on it is full. The piece that reaches it is kept whole. */
  constructor(bytesMax: number, account: MemoryAccount) {
    this.#bytesMax = bytesMax
    this.#account = account
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax || (this.#bytes > 0 && this.#account.isShort)
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#count(piece.length + pieceCostBytes)
  }

  shift(): Buffer | undefined {
    const piece = this.#pieces.shift()
    if (piece !== undefined) this.#count(-piece.length - pieceCostBytes)
    return piece
  }

  /** Removes all pieces, and returns them as one. */
  takeAll(): Buffer {
    const [first, second] = this.#pieces
    const all = first && !second ? first : Buffer.concat(this.#pieces)
    this.clear()
    return all
  }

  clear(): void {
    this.#pieces = []
    this.#count(-this.#bytes)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0) this.#account.charge(bytes)
    else if (bytes < 0) this.#account.discharge(-bytes)
  }
}
