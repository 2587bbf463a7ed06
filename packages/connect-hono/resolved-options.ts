import type { Interceptor } from '@connectrpc/connect'
import type { Compressions } from './compression/compression.ts'
import type { RpcLimits } from './limits.ts'
import type { JsonOptions } from './protobuf/codec.ts'
import type { StreamQuota } from './stream-quota.ts'
import type { Validate } from './validation.ts'

/** Options of an RPC with their defaults applied. */
export interface ResolvedOptions {
  readonly limits: RpcLimits
  readonly validate: Validate
  readonly compressions: Compressions
  readonly interceptors: readonly Interceptor[]
  readonly jsonOptions: JsonOptions
  readonly errorDomain: string | undefined
  readonly drain: AbortSignal | undefined
  readonly streams: StreamQuota
}
