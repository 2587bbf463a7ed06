import type { MemoryAccount } from '../memory/account.ts'

/** What a piece costs beside its bytes, so that tiny ones do not take more memory than they count. */
const pieceCostBytes = 256

/** Bytes that have come and wait, up to a bound. */
export class Pieces {
  readonly #bytesMax: number
  readonly #account: MemoryAccount
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param bytesMax from which on it is full; what comes with the piece that fills it is kept too. */
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

  /** All of them as one. */
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
