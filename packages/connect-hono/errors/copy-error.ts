import { ConnectError } from '@connectrpc/connect'

/** Parts of an error that its copy has instead. */
export type ErrorParts = Partial<Pick<ConnectError, 'rawMessage' | 'details'>>

/**
 * Returns a copy of an error with other parts. The original may belong to several calls. The copy
 * has all other properties, such as an HTTP status and a reason.
 */
export function copyError(
  error: ConnectError,
  { rawMessage = error.rawMessage, details = error.details }: ErrorParts,
): ConnectError {
  const copy = new ConnectError(rawMessage, error.code, undefined, undefined, error.cause)
  return Object.assign(copy, error, { rawMessage, details, stack: error.stack })
}
