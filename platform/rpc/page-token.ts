import { Code, ConnectError } from '@connectrpc/connect'

/**
 * A page token: where a page ended, and which list it is of. It is opaque to clients; the service trusts nothing in it.
 * @param list names the list and all that selects its rows, so that a token of another list is refused.
 */
export function encodePageToken(list: string, position: unknown): string {
  return Buffer.from(JSON.stringify([list, position])).toString('base64url')
}

/** The position in a token of the list, or undefined for the empty token; anything else is `INVALID_ARGUMENT`. */
export function decodePageToken<Position>(
  token: string,
  list: string,
  isPosition: (value: unknown) => value is Position,
): Position | undefined {
  if (token === '') return undefined
  const parts = parse(token)
  if (!Array.isArray(parts) || parts[0] !== list || !isPosition(parts[1])) {
    throw new ConnectError(
      'page_token is not one of this list: send the next_page_token of the page before, and nothing else changed',
      Code.InvalidArgument,
    )
  }
  return parts[1]
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
}
