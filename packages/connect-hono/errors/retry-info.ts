import { create } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { toDuration } from '../duration.ts'
import { type RetryInfo, RetryInfoSchema } from '../gen/google/rpc/error_details_pb.ts'

/** Metadata that says when to retry, in milliseconds (gRFC A6, "Pushback"). */
export const pushbackHeader = 'grpc-retry-pushback-ms'

/** Returns details of an error that say when to retry, as `google.rpc.RetryInfo`. */
export function retryInfo(delayMs: number): ConnectError['details'] {
  return [{ desc: RetryInfoSchema, value: { retryDelay: toDuration(delayMs) } }]
}

/**
 * Returns the value of `Retry-After`, in whole seconds, for an error that says when to retry (RFC
 * 9110 §10.2.3).
 */
export function retryAfterOf({ details, isWireError }: ConnectError): string | undefined {
  // The details of an error from another service may be anything.
  const detail = isWireError ? undefined : details.find((one) => 'desc' in one && isRetry(one.desc))
  if (detail === undefined || !('desc' in detail)) return undefined
  const { retryDelay } = create(detail.desc, detail.value) as RetryInfo
  if (retryDelay === undefined) return undefined
  return String(Number(retryDelay.seconds) + (retryDelay.nanos > 0 ? 1 : 0))
}

function isRetry({ typeName }: { readonly typeName: string }): boolean {
  return typeName === RetryInfoSchema.typeName
}
