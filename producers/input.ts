import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { isAbort, type Terminal, UsageError } from './program.ts'
import { encodingNamed, toUtf8 } from './utf8.ts'

/** How much is read at once, in bytes: a few thousand lines, which then travel as one batch. */
const chunkBytes = 512 * 1024
/** How far `peek` looks for what it waits for, in bytes. */
const headBytesMax = 64 * 1024

/** A file, or standard input, on its way in. */
export interface Input {
  /** As in a message: the path, or "standard input". */
  readonly name: string
  /** Undefined for standard input. */
  readonly sizeBytes: number | undefined
  /** How much of `sizeBytes` has been read. */
  readBytes(): number
  /** The contents, unpacked when they are gzip, as UTF-8 when another encoding was named. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * Opens a file, or standard input for "-". What is gzip is recognised by its first bytes (RFC 1952
 * §2.3.1) and unpacked. Rejects with a UsageError when there is no such file. When the signal is
 * aborted, reading fails with an AbortError.
 * @param encoding that of the text, as `readEncoding` returns it. Default: UTF-8, left as it is.
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

/** The encoding that the flag `--encoding` names. Throws a UsageError when it is not known. */
export function readEncoding(label: string): string {
  const encoding = encodingNamed(label)
  if (encoding !== undefined) return encoding
  throw new UsageError(`--encoding takes the name of an encoding, such as latin1, not "${label}"`)
}

/**
 * The beginning of a stream, as much as makes `enough` true (or 64 KiB), and the whole of it again.
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
 * Cuts batches into parts of a bounded size. Ends early, and quietly, when the signal is aborted.
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
  // A failure reaches whoever iterates gunzip.
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
