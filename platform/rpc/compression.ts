import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'

/** Packs and unpacks messages. Answers at once where that costs less than to wait for it. */
export interface Compression {
  /** As the protocols call it. */
  readonly name: string
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * Answers `RESOURCE_EXHAUSTED` when it would be longer than that, without unpacking further, and `INVALID_ARGUMENT`
   * for what is not packed in this way.
   */
  decompress(bytes: Uint8Array, bytesMax: number): Uint8Array | Promise<Uint8Array>
}

/** The compressions that a service knows. */
export interface Compressions {
  /** Their names, joined by commas. */
  readonly names: string
  find(name: string): Compression | undefined
  /**
   * The first of those that a client takes, or none (RFC 9110 §12.5.3).
   * @param accepted names, perhaps with weights, of which only 0 is regarded.
   */
  choose(accepted: string): Compression | undefined
}

/** A shorter message is sent as it is: to pack it costs more than it saves. */
export const compressedBytesMin = 1024

/** What is packed and unpacked at once: longer ones are left to the runtime's threads, so that they hold up no other call. */
const immediateBytesMax = 16 * 1024

/** The qualities that cost no more than gzip does; those of the library are made for files that are packed once. */
const brotliQuality = 4

interface Zlib {
  readonly compress: (bytes: Uint8Array, options: object) => Promise<Uint8Array>
  readonly compressSync: (bytes: Uint8Array, options: object) => Uint8Array
  readonly decompress: (bytes: Uint8Array, options: object) => Promise<Uint8Array>
  readonly decompressSync: (bytes: Uint8Array, options: object) => Uint8Array
  readonly options?: object
}

/** A compression by `node:zlib`. */
export function zlibCompression(name: string, zlib: Zlib): Compression {
  const options = zlib.options ?? {}
  return {
    name,
    compress: (bytes) =>
      bytes.length <= immediateBytesMax
        ? zlib.compressSync(bytes, options)
        : zlib.compress(bytes, options),
    decompress(bytes, bytesMax) {
      if (bytes.length === 0) return bytes
      const fail = (cause: unknown) => {
        throw unpackError(name, bytesMax, cause)
      }
      if (bytes.length <= immediateBytesMax) {
        try {
          const maxOutputLength = Math.min(bytesMax, immediateBytesMax * 4)
          return zlib.decompressSync(bytes, { maxOutputLength })
        } catch (error) {
          if (!isTooLong(error)) fail(error)
        }
      }
      return zlib.decompress(bytes, { maxOutputLength: bytesMax }).catch(fail)
    },
  }
}

/** gzip, Brotli and Zstandard. */
export const standardCompressions: readonly Compression[] = [
  zlibCompression('gzip', {
    compress: promisify(zlib.gzip),
    compressSync: zlib.gzipSync,
    decompress: promisify(zlib.gunzip),
    decompressSync: zlib.gunzipSync,
  }),
  zlibCompression('br', {
    compress: promisify(zlib.brotliCompress),
    compressSync: zlib.brotliCompressSync,
    decompress: promisify(zlib.brotliDecompress),
    decompressSync: zlib.brotliDecompressSync,
    options: { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: brotliQuality } },
  }),
  zlibCompression('zstd', {
    compress: promisify(zlib.zstdCompress),
    compressSync: zlib.zstdCompressSync,
    decompress: promisify(zlib.zstdDecompress),
    decompressSync: zlib.zstdDecompressSync,
  }),
]

function isTooLong(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}

function unpackError(name: string, bytesMax: number, cause: unknown): ConnectError {
  return isTooLong(cause)
    ? new ConnectError(
        `an unpacked message is larger than the ${bytesMax} bytes that are taken`,
        Code.ResourceExhausted,
      )
    : new ConnectError(
        `a message is not packed by ${name}: ${(cause as Error).message}`,
        Code.InvalidArgument,
      )
}

/** How many choices are remembered: clients send the same few lists over and over. */
const choicesMax = 256

export function createCompressions(compressions: readonly Compression[]): Compressions {
  const byName = new Map(compressions.map((one) => [one.name, one]))
  const choices = new Map<string, Compression | undefined>()
  return {
    names: [...byName.keys()].join(','),
    find: (name) => byName.get(name),
    choose(accepted) {
      if (choices.has(accepted)) return choices.get(accepted)
      const choice = choose(byName, accepted)
      if (choices.size < choicesMax) choices.set(accepted, choice)
      return choice
    },
  }
}

function choose(
  byName: ReadonlyMap<string, Compression>,
  accepted: string,
): Compression | undefined {
  for (const one of accepted.split(',')) {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim())
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0*)?$/i.test(parameter))
    const found = isRefused ? undefined : byName.get(name.toLowerCase())
    if (found !== undefined) return found
  }
  return undefined
}
