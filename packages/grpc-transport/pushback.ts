import type { ConnectError } from '@connectrpc/connect'

/** Metadata by which a server says when to retry (gRFC A6, "Pushback"). */
const pushbackHeader = 'grpc-retry-pushback-ms'
const retryInfoType = 'google.rpc.RetryInfo'

/**
 * Returns whether the error says when to retry. Such a server is up, and currently accepts no more
 * calls.
 */
export function hasPushback({ metadata, details }: ConnectError): boolean {
  if (metadata.has(pushbackHeader)) return true
  return details.some((detail) => 'type' in detail && detail.type === retryInfoType)
}
