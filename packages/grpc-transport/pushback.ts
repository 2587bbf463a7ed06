import type { ConnectError } from '@connectrpc/connect'

/** Metadata by which a server says when to retry (gRFC A6, "Pushback"). */
const pushbackHeader = 'grpc-retry-pushback-ms'

/**
 * Returns whether the metadata of the error says when to retry. Such a server is up, and currently
 * accepts no more calls. `google.rpc.RetryInfo` alone is for callers: any failure may have it.
 */
export function hasPushback({ metadata }: ConnectError): boolean {
  return metadata.has(pushbackHeader)
}
