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

/** Fields of requests that have a token. */
type TokenField = 'page_token' | 'resume_token'

/** Advice to a client whose token is of another list. */
const advice: Readonly<Record<TokenField, string>> = {
  page_token: 'send the next_page_token of the page before, and change nothing else',
  resume_token: 'send the resume_token of a response, and change nothing else',
}

/**
 * Returns the position in a token, or `undefined` for the empty token. Other tokens are
 * `INVALID_ARGUMENT`.
 * @param field Field of the request that has the token. Default: `page_token`.
 */
export function decodePageToken<Position>(
  token: string,
  list: string,
  isPosition: (value: unknown) => value is Position,
  field: TokenField = 'page_token',
): Position | undefined {
  if (token === '') return undefined
  const parts = parse(token)
  if (!Array.isArray(parts) || parts[0] !== hashOf(list) || !isPosition(parts[1])) {
    const text = `${field} belongs to another list: ${advice[field]}`
    throw withReason(new ConnectError(text, Code.InvalidArgument), 'PAGE_TOKEN_INVALID')
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
