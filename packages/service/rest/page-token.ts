import { createHash } from 'node:crypto'
import { Code, ConnectError } from '@connectrpc/connect'

/**
 * A page token: where a page ended, and which list it is of. It is opaque to clients; the service trusts nothing in it.
 * @param list names the list and all that selects its rows, so that a token of another list is refused. It may be of
 * any length: the token holds a hash of it.
 */
export function encodePageToken(list: string, position: unknown): string {
  return Buffer.from(JSON.stringify([hashOf(list), position])).toString('base64url')
}

/** The position in a token of the list, or undefined for the empty token; anything else is `INVALID_ARGUMENT`. */
export function decodePageToken<Position>(
  token: string,
  list: string,
  isPosition: (value: unknown) => value is Position,
): Position | undefined {
  if (token === '') return undefined
  const parts = parse(token)
  if (!Array.isArray(parts) || parts[0] !== hashOf(list) || !isPosition(parts[1])) {
    throw new ConnectError(
      'page_token is not one of this list: send the next_page_token of the page before, and nothing else changed',
      Code.InvalidArgument,
    )
  }
  return parts[1]
}

/** Against mistakes, not against forgery: 96 bits are plenty. */
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
