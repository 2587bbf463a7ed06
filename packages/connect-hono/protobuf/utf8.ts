import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes JSON, which has to be UTF-8 (RFC 8259 §8.1). Throws `INVALID_ARGUMENT` instead of using
 * replacement characters, with which two texts could become equal.
 * @param what Subject of the error: `the query`.
 */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    const text = `${what} is not UTF-8`
    const error = new ConnectError(text, Code.InvalidArgument, undefined, undefined, cause)
    throw withReason(error, 'MESSAGE_MALFORMED')
  }
}

/** Throws `INVALID_ARGUMENT` unless a query is ASCII and percent-encoded UTF-8 (RFC 3986 §2.5). */
export function checkQuery(target: string): void {
  const start = target.indexOf('?')
  if (start < 0 || plain.test(target)) return
  const query = target.slice(start)
  if (notAscii.test(query)) {
    const error = new ConnectError(
      'the query is not ASCII: percent-encode it',
      Code.InvalidArgument,
    )
    throw withReason(error, 'MESSAGE_MALFORMED')
  }
  for (const [run] of query.matchAll(percentEncoded)) {
    decodeUtf8(Buffer.from(run.replaceAll('%', ''), 'hex'), 'the query')
  }
}

const plain = /^[^%\x80-\uffff]*$/
const notAscii = /[\x80-\uffff]/
const percentEncoded = /(?:%[\da-f]{2})+/gi
