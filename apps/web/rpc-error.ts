import type { RpcError } from '@marquee/client/result'

export function isUnavailable({ code }: RpcError): boolean {
  return code === 'unavailable' || code === 'deadline_exceeded' || code === 'unknown'
}

/** The reason why a rating was not saved, for the person who rated. */
export function rejectionText({ code, message }: RpcError): string {
  if (navigator.onLine === false) return 'You are offline.'
  switch (code) {
    case 'unavailable':
    case 'unknown':
      return "Can't reach the rating service."
    case 'deadline_exceeded':
      return 'The rating service took too long to respond.'
    case 'resource_exhausted':
      return 'Too many requests. Wait a moment and try again.'
    case 'unauthenticated':
    case 'permission_denied':
      return 'You are not allowed to rate.'
    default:
      return `The rating service rejected it: ${message}`
  }
}
