/** What a piece costs beside its bytes, so that tiny ones do not take more memory than they count. */
const pieceCostBytes = 256

/** Bytes that have come and wait, up to a bound. */
export class Pieces {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #bytes = 0

  /** @param bytesMax from which on it is full; what comes with the piece that fills it is kept too. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#bytes += piece.length + pieceCostBytes
  }

  shift(): Buffer | undefined {
    const piece = this.#pieces.shift()
    if (piece !== undefined) this.#bytes -= piece.length + pieceCostBytes
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
    this.#bytes = 0
  }
}
