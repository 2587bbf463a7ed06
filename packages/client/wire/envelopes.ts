import { failure, RpcFailure } from '../failure.ts'
import { checkLength, readBody } from './body.ts'
import { parseJson, readError } from './error.ts'

/** Bytes before each message: flags, and its length. */
const prefixBytes = 5
const compressedFlag = 1
const endStreamFlag = 2

/** Puts a message into an envelope (https://connectrpc.com/docs/protocol#streaming-request). */
export function envelope(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(prefixBytes + message.length)
  new DataView(bytes.buffer).setUint32(1, message.length)
  bytes.set(message, prefixBytes)
  return bytes
}

/** Returns the messages of a stream, until it ends. Throws the error with which it ends. */
export async function* readEnvelopes(response: Response): AsyncGenerator<Uint8Array, void> {
  const body = readBody(response)
  while (true) {
    const prefix = await body.read(prefixBytes)
    if (prefix.length < prefixBytes) throw lost()
    const byteCount = new DataView(prefix.buffer, prefix.byteOffset).getUint32(1)
    checkLength(byteCount)
    const message = await body.read(byteCount)
    if (message.length < byteCount) throw lost()
    const flags = prefix[0] ?? 0
    if (flags & compressedFlag) throw failure('internal', 'the response is compressed')
    if (flags & endStreamFlag) return endStream(message)
    yield message
  }
}

function lost(): RpcFailure {
  return failure('unavailable', 'the connection was closed before the stream ended')
}

function endStream(message: Uint8Array): void {
  const end = parseJson(message)
  if (typeof end !== 'object' || end === null) throw failure('internal', 'the stream ended wrongly')
  if ('error' in end) throw new RpcFailure(readError(end.error))
}
