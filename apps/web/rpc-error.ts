import { finalCodes, type RpcError } from '@marquee/client/result'
import type { ServiceAddresses } from './addresses.ts'

type Reason = Pick<RpcError, 'code' | 'message'>
type ServiceName = keyof ServiceAddresses['services']

export function isUnavailable({ code }: RpcError): boolean {
  return code === 'unavailable' || code === 'deadline_exceeded' || code === 'unknown'
}

/** True when the same request fails again, whenever it is sent. */
export function isFinal({ code }: RpcError): boolean {
  return finalCodes.includes(code)
}

/** The reason why a rating was not saved, for the person who rated. */
export function rejectionText(error: RpcError): string {
  return textOf(error, 'rating', 'You are not allowed to rate.')
}

/** The reason why a service has not returned what the page shows, for the person who waits. */
export function loadErrorText(error: Reason, service: ServiceName): string {
  return textOf(error, service, 'You are not allowed to see this.')
}

/** The same for a page that retries the request, unless that is useless. */
export function retriedErrorText(error: RpcError): string {
  return `${loadErrorText(error, 'movie')}${isFinal(error) ? '' : ' Retrying…'}`
}

function textOf({ code, message }: Reason, service: string, forbidden: string): string {
  if (navigator.onLine === false) return 'You are offline.'
  switch (code) {
    case 'unavailable':
    case 'unknown':
      return `Can't reach the ${service} service.`
    case 'deadline_exceeded':
      return `The ${service} service took too long to respond.`
    case 'resource_exhausted':
      return 'Too many requests. Wait a moment and try again.'
    case 'unauthenticated':
    case 'permission_denied':
      return forbidden
    default:
      return `The ${service} service rejected it: ${message}`
  }
}
