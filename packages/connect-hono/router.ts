import type { DescMessage, DescMethod, DescService, Message } from '@bufbuild/protobuf'
import {
  Code,
  ConnectError,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from '@connectrpc/connect'
import { type Compression, createCompressions } from './compression/compression.ts'
import type { RpcContext } from './context.ts'
import { intercept } from './intercept.ts'
import type { RpcSettings } from './options.ts'
import { type Codec, createCodec, type Format } from './protobuf/codec.ts'
import { messageCheck } from './protobuf/message-check.ts'
import { type MessageLimits, messageLimitsOf } from './protobuf/message-limits.ts'

/** How RPCs are registered that differ from those of their app. */
export interface RpcOptions extends Partial<Pick<RpcSettings, 'interceptors' | 'jsonOptions'>> {
  /** The compressions that are taken and sent. */
  readonly acceptCompression?: readonly Compression[]
  /** Whether streams of answers end with the process, before its calls are cut: true unless told. */
  readonly drains?: boolean
  /**
   * Whether the messages of a stream of answers are states, so that the last one may be sent again to keep a quiet
   * stream open (`RpcLimits.heartbeatMs`). Default: false.
   */
  readonly repeatsState?: boolean
}

/** Takes the implementations of RPCs; of `ConnectRouter`'s shape. */
export interface RpcRouter {
  /** Registers a service. The methods that it lacks are `UNIMPLEMENTED`. */
  service<Desc extends DescService>(
    service: Desc,
    implementation: Partial<ServiceImpl<Desc>>,
    options?: RpcOptions,
  ): this
  /** Registers one method. */
  rpc<Desc extends DescMethod>(method: Desc, impl: MethodImpl<Desc>, options?: RpcOptions): this
}

/** An implementation, with one message or many each way, as its method says. */
export type Handler = (input: Message | AsyncIterable<Message>, context: HandlerContext) => unknown
/** A handler with what is around it. */
export type Invoke = (input: Message | AsyncIterable<Message>, context: RpcContext) => unknown

/** An RPC that was registered. */
export interface Rpc {
  readonly method: DescMethod
  /** `/rating.v1.RatingService/PutRating` */
  readonly path: string
  readonly takesStream: boolean
  readonly answersStream: boolean
  readonly invoke: Invoke
  /** Of requests and of answers. */
  readonly inputs: Readonly<Record<Format, Codec>>
  readonly inputLimits: Readonly<Record<Format, MessageLimits>>
  readonly outputs: Readonly<Record<Format, Codec>>
  readonly settings: RpcSettings
  readonly drains: boolean
  readonly repeatsState: boolean
}

/** @param add told each RPC as it is registered. */
export function createRpcRouter(settings: RpcSettings, add: (rpc: Rpc) => void): RpcRouter {
  return {
    service(service, implementation, options) {
      const methods = implementation as Readonly<Record<string, Handler | undefined>>
      for (const method of service.methods) {
        const impl = methods[method.localName]?.bind(implementation)
        add(createRpc(method, impl ?? unimplemented(method), settings, options))
      }
      return this
    },
    rpc(method, impl, options) {
      add(createRpc(method, impl as Handler, settings, options))
      return this
    },
  }
}

function createRpc(
  method: DescMethod,
  handler: Handler,
  settings: RpcSettings,
  { drains = true, repeatsState = false, acceptCompression, ...options }: RpcOptions = {},
): Rpc {
  const compressions = acceptCompression && createCompressions(acceptCompression)
  const own = { ...settings, ...options, ...(compressions && { compressions }) }
  const { methodKind } = method
  const inputLimits = messageLimitsOf(method.input, own.limits)
  return {
    method,
    path: `/${method.parent.typeName}/${method.name}`,
    takesStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    answersStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    invoke: intercept(method, handler, own.interceptors),
    inputs: inputCodecs(method.input, inputLimits, own),
    inputLimits,
    outputs: outputCodecs(method.output, own),
    settings: own,
    drains,
    repeatsState: repeatsState && methodKind === 'server_streaming',
  }
}

type Codecs = Readonly<Record<Format, Codec>>

function inputCodecs(
  desc: DescMessage,
  limits: Readonly<Record<Format, MessageLimits>>,
  { jsonOptions }: RpcSettings,
): Codecs {
  const codec = (format: Format) =>
    createCodec(desc, format, jsonOptions, messageCheck(desc, format, limits[format]))
  return { proto: codec('proto'), json: codec('json') }
}

function outputCodecs(desc: DescMessage, { jsonOptions }: RpcSettings): Codecs {
  return {
    proto: createCodec(desc, 'proto', jsonOptions),
    json: createCodec(desc, 'json', jsonOptions),
  }
}

function unimplemented({ parent, name }: DescMethod): Handler {
  return () => {
    throw new ConnectError(`${parent.typeName}.${name} is not implemented`, Code.Unimplemented)
  }
}
