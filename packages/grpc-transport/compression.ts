/** Compresses and decompresses messages. The compressions of Connect's packages fit. */
export interface Compression {
  /** Name in `grpc-encoding`, in lower case. */
  readonly name: string
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Rejects with `RESOURCE_EXHAUSTED` when the message is larger than `bytesMax`, in bytes. */
  decompress(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>
}
