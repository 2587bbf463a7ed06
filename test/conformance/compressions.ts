import { promisify } from 'node:util'
import { deflate, inflate, zstdCompress, zstdDecompress } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Compression } from '@connectrpc/connect/protocol'
import { packFrames, unpackFrames } from './snappy-frames.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Unpack = (bytes: Uint8Array, limits: { maxOutputLength: number }) => Promise<Uint8Array>

/** The codings of the suite that the product does not offer. */
export const moreCompressions: readonly Compression[] = [
  createCompression('zstd', promisify(zstdCompress), promisify(zstdDecompress)),
  // The zlib format (RFC 1950), as HTTP means it: RFC 9110 §8.4.1.2.
  createCompression('deflate', promisify(deflate), promisify(inflate)),
  createCompression('snappy', packFrames, (bytes, { maxOutputLength }) =>
    unpackFrames(bytes, maxOutputLength),
  ),
]

function createCompression(
  name: string,
  pack: (bytes: Uint8Array) => Promise<Uint8Array>,
  unpack: Unpack,
): Compression {
  return {
    name,
    compress: async (bytes) => (await pack(bytes)) as Bytes,
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) return new Uint8Array(0)
      try {
        return (await unpack(bytes, { maxOutputLength: readMaxBytes })) as Bytes
      } catch (error) {
        throw refusal(name, error)
      }
    },
  }
}

function refusal(name: string, error: unknown): ConnectError {
  const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
  const code = isTooLong ? Code.ResourceExhausted : Code.InvalidArgument
  const message = `${name}: ${(error as Error).message}`
  return new ConnectError(message, code, undefined, undefined, error)
}
