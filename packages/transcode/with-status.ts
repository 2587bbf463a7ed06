import type { ConnectError } from '@connectrpc/connect'
import type { HttpError } from '@marquee/connect-hono/errors/errors'

/** Gives an error another HTTP status than that of its code. */
export function withStatus(error: ConnectError, httpStatus: HttpError['httpStatus']): ConnectError {
  const status: HttpError = { httpStatus }
  return Object.assign(error, status)
}
