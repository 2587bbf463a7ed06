import type { DescMethod } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'
import type { UniversalHandlerOptions } from '@connectrpc/connect/protocol'
import type { Call } from './call.ts'
import type { Compression } from './compression/compression.ts'
import type { RpcLimits } from './limits.ts'
import type { JsonOptions } from './protobuf/codec.ts'
import type { Rpc } from './rpc.ts'
import type { StreamQuota } from './stream-quota.ts'
import type { Validate } from './validation.ts'

/** Options of all RPCs that one `mountConnect` mounts. */
export interface ConnectOptions {
  /** Bounds of the calls. Default: `rpcLimits`. */
  readonly limits?: Partial<RpcLimits>
  /**
   * Interceptors of each handler, the first outermost. They run after the request was read and
   * validated. Default: none.
   */
  readonly interceptors?: readonly Interceptor[]
  /**
   * Options of JSON messages: for example the registry of the types in `google.protobuf.Any`.
   * Default: unknown fields are ignored.
   */
  readonly jsonOptions?: JsonOptions
  /** Compressions in addition to gzip, Brotli and Zstandard. Default: none. */
  readonly compressions?: readonly Compression[]
  /** Validates requests. Default: protovalidate, by the rules in their protos. */
  readonly validate?: Validate
  /**
   * Domain of errors: each gets the details that https://google.aip.dev/193 asks for, with
   * `google.rpc.ErrorInfo`. Default: errors have the details that their handlers give them.
   */
  readonly errorDomain?: string | undefined
  /** Ends the response streams with its reason when aborted, for a shutdown. Default: none. */
  readonly drain?: AbortSignal | undefined
  /** Bounds the streams of each client. Default: a new quota with `limits.streamsPerClientMax`. */
  readonly streams?: StreamQuota
  /**
   * Called for each mounted RPC, with its path below the base path of the app:
   * `/greet.v1.GreetService/Greet`. With the third argument, other routes can call it too.
   */
  readonly onRpc?: (path: string, method: DescMethod, rpc: Rpc) => void
  /**
   * Called when a call has ended, for logs and metrics. Not called when middleware of the app sets
   * the variable `call`. Default: writes errors whose details the client does not see (`INTERNAL`,
   * for example) to standard error.
   */
  readonly onCallEnd?: (call: Call) => void
}

/**
 * Options of one service or RPC. They replace those of the app. Of Connect's options,
 * `acceptCompression`, `interceptors`, `jsonOptions` and `readMaxBytes` are supported; registering
 * with any other one throws a `TypeError`.
 */
export interface RpcOptions extends Partial<Omit<UniversalHandlerOptions, 'acceptCompression'>> {
  /** Compressions to accept and to use. Default: those of the app. */
  readonly acceptCompression?: readonly Compression[]
  /**
   * Set to false to keep response streams open when the `drain` of the app is aborted. Default:
   * true.
   */
  readonly drains?: boolean
  /**
   * Set to true when the messages of a response stream are states, so that sending the last one
   * again keeps a quiet stream open (`RpcLimits.heartbeatMs`). A function decides by method. Default:
   * false.
   */
  readonly repeatsState?: boolean | ((method: DescMethod) => boolean)
}
