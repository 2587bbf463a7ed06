import type { Interceptor } from '@connectrpc/connect'
import type { Compressions } from './compression/compression.ts'
import type { RpcLimits } from './limits.ts'
import type { JsonOptions } from './protobuf/codec.ts'
import type { StreamQuota } from './stream-quota.ts'
import type { Validate } from './validation.ts'

/** What the RPCs of an app have in common. */
export interface RpcSettings {
  readonly limits: RpcLimits
  readonly validate: Validate
  readonly compressions: Compressions
  /** Run around the handlers, after the request was read and found valid. */
  readonly interceptors: readonly Interceptor[]
  /** For one, the types that may be within `google.protobuf.Any`. Fields that are not known are ignored unless told. */
  readonly jsonOptions: JsonOptions
  /** Ends the calls whose answers are streams when aborted, with its reason. */
  readonly drain: AbortSignal
  /** Counts the streams, those that are forwarded included. */
  readonly streams: StreamQuota
}
