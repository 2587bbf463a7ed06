import { Code, ConnectError } from '@connectrpc/connect'

export function isNotFound(error: unknown): boolean {
  return ConnectError.from(error).code === Code.NotFound
}

export function isUnauthenticated(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unauthenticated
}

export function isUnavailable(error: unknown): boolean {
  const { code } = ConnectError.from(error)
  return code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Unknown
}

/** The reason why a rating was not saved, for the person who rated. */
export function rejectionText(error: unknown): string {
  if (navigator.onLine === false) return 'You are offline.'
  const { code, rawMessage } = ConnectError.from(error)
  switch (code) {
    case Code.Unavailable:
    case Code.Unknown:
      return "Can't reach the rating service."
    case Code.DeadlineExceeded:
      return 'The rating service took too long to respond.'
    case Code.ResourceExhausted:
      return 'Too many requests. Wait a moment and try again.'
    case Code.Unauthenticated:
    case Code.PermissionDenied:
      return 'You are not allowed to rate.'
    default:
      return `The rating service rejected it: ${rawMessage}`
  }
}
