/** Mark at the end of a message that was cut: an encoded ellipsis. */
const mark = '%E2%80%A6'

/** Characters that are sent unencoded (gRPC over HTTP/2, "Percent-Byte-Unencoded"). */
const plain = /^[\x20-\x24\x26-\x7e]*$/
const escapes = /%[0-9a-f]{2}/gi

/**
 * Encodes a text as the value of `grpc-message`, of at most `bytesMax` bytes. `%`, control
 * characters and characters outside ASCII are percent-encoded (gRPC over HTTP/2, "Responses"). So
 * are spaces at the ends, which a header value would lose. A longer text is cut between two
 * characters.
 */
export function encodeMessage(text: string, bytesMax: number): string {
  const isPlain = text.length <= bytesMax && plain.test(text)
  if (isPlain && !text.startsWith(' ') && !text.endsWith(' ')) return text
  const last = text.length - 1
  let encoded = ''
  // Last place to cut the message so that the mark still fits.
  let cutAt = 0
  let index = 0
  for (const character of text) {
    const isEdge = index === 0 || index === last
    encoded += isEdge && character === ' ' ? '%20' : encodeCharacter(character)
    if (encoded.length > bytesMax) return cutAt === 0 ? '' : encoded.slice(0, cutAt) + mark
    if (encoded.length <= bytesMax - mark.length) cutAt = encoded.length
    index += character.length
  }
  return encoded
}

function encodeCharacter(character: string): string {
  return plain.test(character) ? character : escapeBytes(Buffer.from(character))
}

function escapeBytes(bytes: Uint8Array): string {
  let escaped = ''
  for (const byte of bytes) escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return escaped
}

/** Decodes a `grpc-message`. A malformed escape is kept (gRPC over HTTP/2, "Responses"). */
export function decodeMessage(value: string): string {
  if (!value.includes('%')) return value
  const bytes = value.replace(escapes, (one) =>
    String.fromCharCode(Number.parseInt(one.slice(1), 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
