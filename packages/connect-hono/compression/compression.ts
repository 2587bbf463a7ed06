import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'
import { windowBytesMax } from '../limits.ts'
import { brotliWindowBytes, zstdWindowBytes } from './decoder-window.ts'

/** Compresses and decompresses messages. */
export interface Compression {
  /** Name in the protocols, in lower case. */
  readonly name: string
  /** Returns a short message without a promise. */
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * Rejects with `RESOURCE_EXHAUSTED` when the message is larger than `bytesMax` or needs too large
   * a window, without decompressing further. Rejects with `INVALID_ARGUMENT` when it is malformed.
   */
  decompress(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>
}

/** Decompresses one message, for example on another thread. */
export type Decompress = (
  compression: Compression,
  bytes: Uint8Array,
  bytesMax: number,
) => Promise<Uint8Array>

/** The compressions of a service. */
export interface Compressions {
  /** Their names, joined by commas. */
  readonly names: string
  /** Finds a compression by name, in any case. `x-gzip` is gzip (RFC 9110 §8.4.1). */
  find(name: string): Compression | undefined
  /**
   * Returns the first known one of the names that a client accepts (RFC 9110 §12.5.3).
   * @param accepted Names, perhaps with weights. Only a weight of 0 matters.
   */
  choose(accepted: string): Compression | undefined
}

/** Minimum size of a message that is compressed, in bytes. */
export const compressedBytesMin = 1024

/**
 * Maximum size of a message that is compressed on the event loop, in bytes. Threads of the runtime
 * compress longer ones.
 */
const immediateBytesMax = 16 * 1024

/**
 * Quality that costs no more than gzip. The library's default is for files that are compressed
 * once.
 */
const brotliQuality = 4

interface Zlib {
  readonly compress: (bytes: Uint8Array, options: object) => Promise<Uint8Array>
  readonly compressSync: (bytes: Uint8Array, options: object) => Uint8Array
  readonly decompress: (bytes: Uint8Array, options: object) => Promise<Uint8Array>
  /** For compressing. */
  readonly options?: object
  /** For decompressing. */
  readonly decodingOptions?: object
  /** Window of the decoder, where the sender chooses it. */
  readonly window?: {
    readonly bytesMax: number
    /** Returns the window of a message, or `undefined` when it is not compressed in this way. */
    bytesOf(bytes: Uint8Array): number | undefined
  }
}

/** A compression by `node:zlib`. */
export function zlibCompression(name: string, zlib: Zlib): Compression {
  const { options = {}, decodingOptions = {} } = zlib
  return {
    name,
    compress: (bytes) =>
      bytes.length <= immediateBytesMax
        ? zlib.compressSync(bytes, options)
        : zlib.compress(bytes, options),
    async decompress(bytes, bytesMax) {
      if (bytes.length === 0) return bytes
      checkWindow(name, zlib.window, bytes)
      try {
        return await zlib.decompress(bytes, { ...decodingOptions, maxOutputLength: bytesMax })
      } catch (cause) {
        throw decompressionError(name, bytesMax, cause)
      }
    },
  }
}

function checkWindow(name: string, window: Zlib['window'], bytes: Uint8Array): void {
  if (window === undefined) return
  const windowBytes = window.bytesOf(bytes)
  if (windowBytes === undefined) {
    throw notCompressed(`a message is not compressed by ${name}`)
  }
  if (windowBytes <= window.bytesMax) return
  const text = `a message needs a ${name} window of ${windowBytes} bytes, which is larger than`
  throw tooLarge(`${text} the ${window.bytesMax} accepted`, window.bytesMax)
}

const { BROTLI_PARAM_QUALITY, ZSTD_d_windowLogMax } = zlib.constants

/** gzip, Brotli and Zstandard. */
export const standardCompressions: readonly Compression[] = [
  zlibCompression('gzip', {
    compress: promisify(zlib.gzip),
    compressSync: zlib.gzipSync,
    decompress: promisify(zlib.gunzip),
  }),
  zlibCompression('br', {
    compress: promisify(zlib.brotliCompress),
    compressSync: zlib.brotliCompressSync,
    decompress: promisify(zlib.brotliDecompress),
    options: { params: { [BROTLI_PARAM_QUALITY]: brotliQuality } },
    window: { bytesMax: windowBytesMax.br, bytesOf: brotliWindowBytes },
  }),
  zlibCompression('zstd', {
    compress: promisify(zlib.zstdCompress),
    compressSync: zlib.zstdCompressSync,
    decompress: promisify(zlib.zstdDecompress),
    decodingOptions: { params: { [ZSTD_d_windowLogMax]: Math.log2(windowBytesMax.zstd) } },
    window: { bytesMax: windowBytesMax.zstd, bytesOf: zstdWindowBytes },
  }),
]

function isTooLong(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}

function decompressionError(name: string, bytesMax: number, cause: unknown): ConnectError {
  return isTooLong(cause)
    ? tooLarge(
        `a decompressed message is larger than the maximum of ${bytesMax} bytes: send a smaller one`,
        bytesMax,
      )
    : notCompressed(`a message is not compressed by ${name}: ${(cause as Error).message}`)
}

function tooLarge(text: string, bytesMax: number): ConnectError {
  const error = new ConnectError(text, Code.ResourceExhausted)
  return withReason(error, 'MESSAGE_TOO_LARGE', { bytesMax })
}

function notCompressed(text: string): ConnectError {
  return withReason(new ConnectError(text, Code.InvalidArgument), 'MESSAGE_MALFORMED')
}

function canonicalName(name: string): string {
  const lowerCase = name.toLowerCase()
  return lowerCase === 'x-gzip' ? 'gzip' : lowerCase
}

/** Maximum number of cached choices: clients repeat the same few lists. */
const choicesMax = 256

export function createCompressions(compressions: readonly Compression[]): Compressions {
  const byName = new Map(compressions.map((one) => [one.name, one]))
  const choices = new Map<string, Compression | undefined>()
  return {
    names: [...byName.keys()].join(','),
    find: (name) => byName.get(name) ?? byName.get(canonicalName(name)),
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
    const found = isRefused ? undefined : byName.get(canonicalName(name))
    if (found !== undefined) return found
  }
  return undefined
}
