import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import type { CallContext } from './attempt.ts'
import { systemClock } from './clock.ts'
import type { CallOptions, ClientOptions } from './options.ts'
import type { Result } from './result.ts'
import { callStreaming } from './streaming.ts'
import { callUnary } from './unary.ts'
import { createFetchTransport } from './wire/fetch-transport.ts'

/** Calls one method: a promise of a result, or a stream of them, of which an error is the last. */
export type Call<Method extends DescMethod> =
  Method extends DescMethodUnary<infer Input, infer Output>
    ? (
        request: MessageInitShape<Input>,
        options?: CallOptions,
      ) => Promise<Result<MessageShape<Output>>>
    : Method extends DescMethodServerStreaming<infer Input, infer Output>
      ? (
          request: MessageInitShape<Input>,
          options?: CallOptions,
        ) => AsyncIterableIterator<Result<MessageShape<Output>>>
      : never

/** The methods of a service, without those that stream requests. No call throws or rejects. */
export type Calls<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Call<Service['method'][Name]>
}

/** Creates the calls of a service. */
export function createCalls<Service extends DescService>(
  service: Service,
  options: ClientOptions,
): Calls<Service> {
  const context: CallContext = {
    transport: options.transport ?? createFetchTransport(options),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    options,
  }
  const calls = service.methods.map((method) => [method.localName, callOf(context, method)])
  return Object.fromEntries(calls)
}

function callOf(context: CallContext, method: DescMethod) {
  if (isUnary(method)) return callUnary.bind(undefined, context, method)
  if (isServerStreaming(method)) return callStreaming.bind(undefined, context, method)
  return undefined
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary'
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === 'server_streaming'
}
