import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'

/**
 * Decodes the value of a variable. With several segments, an encoded slash stays encoded, so that
 * it differs from the slash between two segments (`google/api/http.proto`). Throws
 * `INVALID_ARGUMENT` for what is not percent-encoded UTF-8.
 */
export function decodeVariable(text: string, isMany: boolean): string {
  if (!text.includes('%')) return text
  try {
    if (!isMany) return decodeURIComponent(text)
    const parts = text.split(/(%2f)/i)
    return parts.map((part, index) => (index % 2 ? part : decodeURIComponent(part))).join('')
  } catch {
    const reason = `the path has ${quoted(text)}, which is not percent-encoded UTF-8: encode it`
    throw withReason(new ConnectError(reason, Code.InvalidArgument), 'MESSAGE_MALFORMED')
  }
}

/** Returns the segment as a literal is written. A malformed one matches no literal. */
export function decodeSegment(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
