import { chunksOf } from './chunks.ts'

/** Maximum size of one inflated message, in bytes. */
const messageBytesMax = 64 * 1024 * 1024

/** Inflates a gzip message. Rejects when it is damaged, or larger than 64 MiB. */
export async function inflate(data: Uint8Array): Promise<Uint8Array> {
  const gunzip = new DecompressionStream('gzip')
  const chunks: Uint8Array[] = []
  let byteCount = 0
  const inflated = new Blob([new Uint8Array(data)]).stream().pipeThrough(gunzip)
  for await (const chunk of chunksOf(inflated)) {
    byteCount += chunk.byteLength
    if (byteCount > messageBytesMax) {
      throw new Error(`a message is larger than ${messageBytesMax / 1024 / 1024} MiB`)
    }
    chunks.push(chunk)
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}
