import { ByteWriter } from './byte-writer.ts'

/** Bytes that are longer are not copied. */
const copiedBytesMax = 16 * 1024

/** Writes in pieces: long bytes are a piece of their own, as they are. */
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

  /** Only to before the first long bytes. */
  override rewind(length: number): void {
    this.#depth = 0
    if (this.#pieces.length > 0) {
      this.bytes = this.#pieces[0] as Buffer
      this.#pieces = []
    }
    super.rewind(length)
  }

  /** Takes all that was written, and leaves nothing. */
  takePieces(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    if (this.length > 0) pieces.push(this.take())
    return pieces
  }
}
