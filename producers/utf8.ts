/** Keeps the byte order mark, because it is removed once, at the start of a text. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const byteOrderMark = [0xef, 0xbb, 0xbf]

/** Message for a text that is not UTF-8. */
export const notUtf8 = 'it is not UTF-8: name the encoding of the file, as in --encoding latin1'

/** Decodes UTF-8. Returns `undefined` for other bytes (RFC 3629). */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Removes the byte order mark at the start. */
export async function* withoutByteOrderMark(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0)
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < byteOrderMark.length) continue
    yield startsWithMark(head) ? head.subarray(byteOrderMark.length) : head
    head = undefined
  }
  if (head !== undefined && head.length > 0) yield head
}

function startsWithMark(bytes: Uint8Array): boolean {
  return byteOrderMark.every((byte, index) => bytes[index] === byte)
}

/**
 * Returns the name of an encoding in lower case, or `undefined` when the runtime does not know it.
 */
export function encodingNamed(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/**
 * Converts a text from an encoding (https://encoding.spec.whatwg.org/#names-and-labels) to UTF-8.
 * Throws an `Error` with the name of the source when the bytes are not of that encoding.
 */
export async function* toUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const encoder = new TextEncoder()
  const decode = (chunk: Uint8Array | undefined) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch (cause) {
      throw new Error(`${name} is not encoded as ${encoding}`, { cause })
    }
  }
  for await (const chunk of chunks) yield encoder.encode(decode(chunk))
  const rest = decode(undefined)
  if (rest !== '') yield encoder.encode(rest)
}
