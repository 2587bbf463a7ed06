import { ByteWriter } from './byte-writer.ts'

/** Maximum size of bytes that are copied, in bytes. */
const copiedBytesMax = 16 * 1024

/** Writer whose result is in pieces. Long bytes are a piece of their own, without a copy. */
export class PieceWriter extends ByteWriter {
  #pieces: Uint8Array[] = []
  /** Number of open length-prefixed values. */
  #depth = 0

  override raw(bytes: Uint8Array): void {
    if (bytes.length <= copiedBytesMax || this.#depth > 0) super.raw(bytes)
    else this.#pieces.push(this.take(), bytes)
  }

  override begin(): number {
    this.#depth++
    return super.begin()
  }

  override end(start: number): void {
    this.#depth--
    super.end(start)
  }

  /** Rewinds to a position before the first long bytes. */
  override rewind(length: number): void {
    this.#depth = 0
    if (this.#pieces.length > 0) {
      this.bytes = this.#pieces[0] as Buffer
      this.#pieces = []
    }
    super.rewind(length)
  }

  /** Returns everything written, and empties the writer. */
  takePieces(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    if (this.length > 0) pieces.push(this.take())
    return pieces
  }
}
