import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { isAbort, type Terminal, UsageError } from './program.ts'
import { encodingNamed, toUtf8 } from './utf8.ts'

/** Size of one read, in bytes: a few thousand lines, which become one batch. */
const chunkBytes = 512 * 1024
/** Maximum number of bytes that `peek` reads. */
const headBytesMax = 64 * 1024

/** A file, or standard input, that is being read. */
export interface Input {
  /** Name for messages: the path, or "standard input". */
  readonly name: string
  /** `undefined` for standard input. */
  readonly sizeBytes: number | undefined
  /** Returns how much of `sizeBytes` has been read. */
  readBytes(): number
  /**
   * The contents, decompressed when they are gzip, and converted to UTF-8 when an encoding is
   * given.
   */
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * Opens a file, or standard input for "-". Detects gzip by its first bytes (RFC 1952 §2.3.1) and
 * decompresses it. Rejects with a `UsageError` when the file does not exist. After an abort,
 * reading fails with an `AbortError`.
 * @param encoding Encoding of the text, as `readEncoding` returns it. Default: UTF-8, not
 *   converted.
 */
export async function openInput(
  path: string,
  { stdin, signal }: Terminal,
  encoding = 'utf-8',
): Promise<Input> {
  const fromStdin = path === '-'
  const name = fromStdin ? 'standard input' : path
  const sizeBytes = fromStdin ? undefined : await sizeOf(path)
  let readBytes = 0
  async function* counted(source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      readBytes += chunk.length
      yield chunk
    }
  }
  const source = fromStdin
    ? addAbortSignal(signal, stdin)
    : createReadStream(path, { signal, highWaterMark: chunkBytes })
  const { head, chunks } = await peek(counted(source), (bytes) => bytes.length >= 2)
  const isPacked = head[0] === 0x1f && head[1] === 0x8b
  const text = isPacked ? unpack(chunks, name) : chunks
  return {
    name,
    sizeBytes,
    readBytes: () => readBytes,
    chunks: encoding === 'utf-8' ? text : toUtf8(text, encoding, name),
  }
}

/** Returns the encoding of the flag `--encoding`. Throws a `UsageError` when it is unknown. */
export function readEncoding(label: string): string {
  const encoding = encodingNamed(label)
  if (encoding !== undefined) return encoding
  throw new UsageError(`--encoding must be the name of an encoding, such as latin1; got "${label}"`)
}

/**
 * Reads the beginning of a stream until `enough` returns true, or 64 KiB. Returns it, and the whole
 * stream from the beginning.
 */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  enough: (head: Uint8Array) => boolean,
): Promise<{ head: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  let head = new Uint8Array()
  let done = false
  while (!done && !enough(head) && head.length < headBytesMax) {
    const next = await iterator.next()
    done = next.done === true
    if (!next.done) head = Buffer.concat([head, next.value])
  }
  async function* whole() {
    try {
      if (head.length > 0) yield head
      if (!done) yield* { [Symbol.asyncIterator]: () => iterator }
    } finally {
      await iterator.return?.()
    }
  }
  return { head, chunks: whole() }
}

/**
 * Splits batches into parts of a bounded size. Ends early, without an error, when the signal is
 * aborted.
 */
export async function* inParts<T>(
  batches: AsyncIterable<readonly T[]>,
  sizeMax: number,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
  try {
    for await (const batch of batches) {
      for (let start = 0; start < batch.length; start += sizeMax) {
        if (signal.aborted) return
        yield batch.slice(start, start + sizeMax)
      }
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error
  }
}

async function* unpack(packed: AsyncIterable<Uint8Array>, name: string) {
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  // The error reaches the code that iterates over gunzip.
  pipeline(Readable.from(packed, { objectMode: false }), gunzip, () => {})
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (!String((cause as { code?: unknown }).code).startsWith('Z_')) throw cause
    throw new Error(`${name} is broken gzip: ${(cause as Error).message}`, { cause })
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(
      cause.code === 'ENOENT'
        ? `there is no file ${path}`
        : `cannot read ${path}: ${cause.message}`,
    )
  })
  if (found.isDirectory()) throw new UsageError(`${path} is a folder, not a file`)
  return found.size
}
