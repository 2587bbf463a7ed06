import { promisify } from 'node:util'
import { deflate, deflateSync, inflate } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { type Compression, zlibCompression } from '@marquee/connect-hono/compression'
import { packFrames, unpackFrames } from './snappy-frames.ts'

/** Compressions of the suite that the product does not include. */
export const moreCompressions: readonly Compression[] = [
  // The zlib format (RFC 1950), which HTTP calls deflate (RFC 9110 §8.4.1.2).
  zlibCompression('deflate', {
    compress: promisify(deflate),
    compressSync: deflateSync,
    decompress: promisify(inflate),
  }),
  {
    name: 'snappy',
    compress: packFrames,
    async decompress(bytes, bytesMax) {
      if (bytes.length === 0) return bytes
      try {
        return await unpackFrames(bytes, bytesMax)
      } catch (error) {
        throw refusal(error as NodeJS.ErrnoException)
      }
    },
  },
]

function refusal(error: NodeJS.ErrnoException): ConnectError {
  const isTooLong = error.code === 'ERR_BUFFER_TOO_LARGE'
  const code = isTooLong ? Code.ResourceExhausted : Code.InvalidArgument
  return new ConnectError(`snappy: ${error.message}`, code, undefined, undefined, error)
}
