import type { DescMethod } from '@bufbuild/protobuf'
import type { Invoke } from './intercept.ts'
import type { Codec, Format } from './protobuf/codec.ts'
import type { MessageLimits } from './protobuf/message-limits.ts'
import type { ResolvedOptions } from './resolved-options.ts'

/** An RPC that was registered. */
export interface Rpc {
  readonly method: DescMethod
  /** `/rating.v1.RatingService/PutRating` */
  readonly path: string
  readonly streamsRequests: boolean
  readonly streamsResponses: boolean
  readonly invoke: Invoke
  /** Codecs and limits of request messages, and codecs of response messages. */
  readonly inputs: Readonly<Record<Format, Codec>>
  readonly inputLimits: Readonly<Record<Format, MessageLimits>>
  readonly outputs: Readonly<Record<Format, Codec>>
  readonly options: ResolvedOptions
  readonly drains: boolean
  readonly repeatsState: boolean
}
