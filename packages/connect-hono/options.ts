import type { DescMethod } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import type { UniversalHandlerOptions } from '@connectrpc/connect/protocol'
import type { Compression, Compressions } from './compression/compression.ts'
import type { RpcLimits } from './limits.ts'
import type { OpenCall } from './open-call.ts'
import type { JsonOptions } from './protobuf/codec.ts'
import type { StreamQuota } from './stream-quota.ts'
import type { Validate } from './validation.ts'

/** Options of all RPCs that one `mountConnect` mounts. */
export interface ConnectOptions {
  /** Bounds of the calls. Default: `rpcLimits`. */
  readonly limits?: Partial<RpcLimits>
  /** Run around each handler, the first outermost, once the request was read and validated. Default: none. */
  readonly interceptors?: readonly Interceptor[]
  /** For one, the registry of the types within `google.protobuf.Any`. Default: unknown JSON fields are ignored. */
  readonly jsonOptions?: JsonOptions
  /** Compressions to take and send beside gzip, Brotli and Zstandard. Default: none. */
  readonly compressions?: readonly Compression[]
  /** Checks requests. Default: protovalidate, with the rules in their protos. */
  readonly validate?: Validate
  /** Ends the response streams when aborted, with its reason: for a shutdown. Default: nothing does. */
  readonly drain?: AbortSignal | undefined
  /** Counts the streams of each client. Default: one of its own, with `limits.streamsPerClientMax`. */
  readonly streams?: StreamQuota
  /** Called for each RPC that is mounted, with its path below the app's base: `/greet.v1.GreetService/Greet`. */
  readonly onRpc?: (path: string, method: DescMethod) => void
  /**
   * Called when a call has ended, for logs and metrics; not in an app that sets the variable `call` itself. Default:
   * writes the errors that clients get without details (`INTERNAL`, for one) to standard error.
   */
  readonly onCallEnd?: (call: OpenCall) => void
}

/**
 * Options of one service or RPC, which replace those of the app. Of Connect's options it takes `acceptCompression`,
 * `interceptors`, `jsonOptions` and `readMaxBytes`; with any other one, registering throws a `TypeError`.
 */
export interface RpcOptions extends Partial<Omit<UniversalHandlerOptions, 'acceptCompression'>> {
  /** The compressions to take and send. Default: those of the app. */
  readonly acceptCompression?: readonly Compression[]
  /** Whether response streams end when the app's `drain` is aborted. Default: true. */
  readonly drains?: boolean
  /**
   * Whether the messages of a response stream are states, so that the last one may be sent again to keep a quiet stream
   * open (`RpcLimits.heartbeatMs`). Default: false.
   */
  readonly repeatsState?: boolean
}

/** The options of an RPC, all of them set. */
export interface ResolvedOptions {
  readonly limits: RpcLimits
  readonly validate: Validate
  readonly compressions: Compressions
  readonly interceptors: readonly Interceptor[]
  readonly jsonOptions: JsonOptions
  readonly drain: AbortSignal | undefined
  readonly streams: StreamQuota
}
