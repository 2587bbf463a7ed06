import type { ConnectError } from '@connectrpc/connect'

/** Metadata with which a server tells a client when to retry (gRFC A6, "Pushback"). */
const pushbackHeader = 'grpc-retry-pushback-ms'
const retryInfoType = 'google.rpc.RetryInfo'

/** Returns whether the server has said when to call it again: it is up, and accepts no more calls at present. */
export function hasPushback({ metadata, details }: ConnectError): boolean {
  if (metadata.has(pushbackHeader)) return true
  return details.some((detail) => 'type' in detail && detail.type === retryInfoType)
}
