import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { DurationSchema } from '@bufbuild/protobuf/wkt'
import type { ConnectError } from '@connectrpc/connect'
import { toDuration } from '../duration.ts'

/** Metadata that says when to retry, in milliseconds (gRFC A6, "Pushback"). */
export const pushbackHeader = 'grpc-retry-pushback-ms'
const retryInfoType = 'google.rpc.RetryInfo'

/** `google.rpc.RetryInfo.retry_delay` (googleapis, google/rpc/error_details.proto). */
const retryDelayField = 1

/** Returns details of an error that say when to retry, as `google.rpc.RetryInfo`. */
export function retryInfo(delayMs: number): ConnectError['details'] {
  const delay = toBinary(DurationSchema, create(DurationSchema, toDuration(delayMs)))
  const value = new BinaryWriter()
    .tag(retryDelayField, WireType.LengthDelimited)
    .bytes(delay)
    .finish()
  const debug = { retryDelay: `${delayMs / 1_000}s` }
  return [{ type: retryInfoType, value, debug }]
}
