import type { DescMessage, DescMethod, DescService } from '@bufbuild/protobuf'
import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  type MethodImpl,
  type ServiceImpl,
} from '@connectrpc/connect'
import { createCompressions } from './compression/compression.ts'
import { withReason } from './errors/rpc-reasons.ts'
import { type Handler, intercept } from './intercept.ts'
import type { RpcLimits } from './limits.ts'
import type { RpcOptions } from './options.ts'
import { type Codec, createCodec, type Format } from './protobuf/codec.ts'
import { messageCheck } from './protobuf/message-check.ts'
import { type MessageLimits, messageLimitsOf } from './protobuf/message-limits.ts'
import type { ResolvedOptions } from './resolved-options.ts'
import type { Rpc } from './rpc.ts'

/** Registers services and RPCs. It is a `ConnectRouter`, with more options. */
export interface RpcRouter extends ConnectRouter {
  /** Registers a service. The methods that the implementation lacks are `UNIMPLEMENTED`. */
  service: <Desc extends DescService>(
    service: Desc,
    implementation: Partial<ServiceImpl<Desc>>,
    options?: RpcOptions,
  ) => this
  /** Registers one method. */
  rpc: <Desc extends DescMethod>(method: Desc, impl: MethodImpl<Desc>, options?: RpcOptions) => this
}

/** @param add called with each RPC that is registered. */
export function createRpcRouter(defaults: ResolvedOptions, add: (rpc: Rpc) => void): RpcRouter {
  const registered: { method: DescMethod; handler: Handler }[] = []
  const register = (method: DescMethod, handler: Handler, options?: RpcOptions) => {
    registered.push({ method, handler })
    add(createRpc(method, handler, defaults, options))
  }
  return {
    service(service, implementation, options) {
      const methods = implementation as Readonly<Record<string, Handler | undefined>>
      for (const method of service.methods) {
        const handler = methods[method.localName]?.bind(implementation)
        register(method, handler ?? unimplemented(method), options)
      }
      return this
    },
    rpc(method, impl, options) {
      register(method, impl as Handler, options)
      return this
    },
    /**
     * Returns the registered RPCs as Connect's own handlers, for code that looks them up. Hono
     * routes do not use them.
     */
    get handlers() {
      const router = createConnectRouter()
      for (const { method, handler } of registered) router.rpc(method, handler as never)
      return router.handlers
    },
  }
}

function createRpc(
  method: DescMethod,
  handler: Handler,
  defaults: ResolvedOptions,
  options: RpcOptions = {},
): Rpc {
  const own = merge(defaults, options)
  const { drains = true, repeatsState = false } = options
  const { methodKind } = method
  const repeats = typeof repeatsState === 'function' ? repeatsState(method) : repeatsState
  const inputLimits = messageLimitsOf(method.input, own.limits)
  return {
    method,
    path: `/${method.parent.typeName}/${method.name}`,
    streamsRequests: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    streamsResponses: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    invoke: intercept(method, handler, own.interceptors),
    inputs: inputCodecs(method.input, inputLimits, own),
    inputLimits,
    outputs: outputCodecs(method.output, own),
    options: own,
    drains,
    repeatsState: repeats && methodKind === 'server_streaming',
  }
}

const supported = new Set([
  'acceptCompression',
  'drains',
  'interceptors',
  'jsonOptions',
  'readMaxBytes',
  'repeatsState',
])

function merge(defaults: ResolvedOptions, options: RpcOptions): ResolvedOptions {
  const others = Object.keys(options).filter((name) => !supported.has(name))
  if (others.length > 0) {
    const text = `${others.join(', ')}: not supported here; remove it, or use Hono middleware`
    throw new TypeError(`${text}. Supported are ${[...supported].join(', ')}`)
  }
  const { acceptCompression, interceptors, jsonOptions, readMaxBytes } = options
  const bounds = { messageBytesMax: readMaxBytes, unboundedMessageBytesMax: readMaxBytes }
  return {
    ...defaults,
    ...(acceptCompression && { compressions: createCompressions(acceptCompression) }),
    ...(interceptors && { interceptors }),
    ...(jsonOptions && { jsonOptions }),
    ...(readMaxBytes !== undefined && { limits: { ...defaults.limits, ...bounds } as RpcLimits }),
  }
}

type Codecs = Readonly<Record<Format, Codec>>

function inputCodecs(
  desc: DescMessage,
  limits: Readonly<Record<Format, MessageLimits>>,
  { jsonOptions }: ResolvedOptions,
): Codecs {
  const codec = (format: Format) =>
    createCodec(desc, format, jsonOptions, messageCheck(desc, format, limits[format]))
  return { proto: codec('proto'), json: codec('json') }
}

function outputCodecs(desc: DescMessage, { jsonOptions }: ResolvedOptions): Codecs {
  return {
    proto: createCodec(desc, 'proto', jsonOptions),
    json: createCodec(desc, 'json', jsonOptions),
  }
}

function unimplemented({ parent, name }: DescMethod): Handler {
  return () => {
    const method = `${parent.typeName}.${name}`
    const error = new ConnectError(`${method} is not implemented`, Code.Unimplemented)
    throw withReason(error, 'METHOD_UNIMPLEMENTED', { method })
  }
}
