import { createHash } from 'node:crypto'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../reasons.ts'

/**
 * Encodes the position where a page ended, with a hash of its list. Clients treat the token as
 * opaque, and the service trusts nothing in it.
 * @param list Name of the list and everything that selects its rows, at any length. A token of
 *   another list is refused.
 */
export function encodePageToken(list: string, position: unknown): string {
  return Buffer.from(JSON.stringify([hashOf(list), position])).toString('base64url')
}

/**
 * Returns the position in a token, or `undefined` for the empty token. Other tokens are
 * `INVALID_ARGUMENT`.
 */
export function decodePageToken<Position>(
  token: string,
  list: string,
  isPosition: (value: unknown) => value is Position,
): Position | undefined {
  if (token === '') return undefined
  const parts = parse(token)
  if (!Array.isArray(parts) || parts[0] !== hashOf(list) || !isPosition(parts[1])) {
    const error = new ConnectError(
      'page_token belongs to another list: send the next_page_token of the page before, and change nothing else',
      Code.InvalidArgument,
    )
    throw withReason(error, 'PAGE_TOKEN_INVALID')
  }
  return parts[1]
}

/** Creates the error of a token whose list is no longer available. */
export function endedList(): ConnectError {
  const error = new ConnectError(
    'the list of page_token has ended: begin again, without a page_token',
    Code.InvalidArgument,
  )
  return withReason(error, 'PAGE_TOKEN_INVALID')
}

/** Guards against mistakes, not against forgery: 96 bits are enough. */
function hashOf(list: string): string {
  return createHash('sha256').update(list).digest().subarray(0, 12).toString('base64url')
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}
