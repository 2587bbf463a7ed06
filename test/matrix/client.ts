import type {
  DescMessage,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import type { Found } from '@marquee/testing/tools'

export const protocols = [
  'grpc',
  'grpc-web',
  'grpc-web-text',
  'connect',
  'connect-get',
  'rest',
] as const
export type Protocol = (typeof protocols)[number]

export const httpVersions = ['1.1', '2'] as const
export type HttpVersion = (typeof httpVersions)[number]

/** Operations of each cell of the matrix. */
export const operations = [
  'unary',
  'error with details',
  'server stream',
  'client stream',
  'cancellation',
  'deadline',
] as const
export type Operation = (typeof operations)[number]

/** One protocol over one version of HTTP. */
export interface Binding {
  readonly protocol: Protocol
  readonly http: HttpVersion
}

/** A cell of the matrix: a client on a binding, and an operation. */
export interface Cell extends Binding {
  readonly client: Client
  readonly operation: Operation
}

/** Cells that a client does not support: those for which all given values hold. */
export interface Gap {
  readonly protocol?: Protocol
  readonly http?: HttpVersion
  readonly operations?: readonly Operation[]
  readonly reason: string
}

/** Gaps of a client that supports only gRPC. */
export const grpcOnly: readonly Gap[] = (
  ['grpc-web', 'grpc-web-text', 'connect', 'connect-get', 'rest'] as const
).map((protocol) => ({ protocol, reason: 'it speaks only gRPC' }))

/** Gap of a client of gRPC-Web without its base64 form. */
export const binaryOnly: Gap = {
  protocol: 'grpc-web-text',
  reason: 'it speaks gRPC-Web in binary alone',
}

export interface CallOptions {
  /** Sent as `x-request-id`, which identifies the service's log line of the call. */
  readonly requestId: string
  /** The client's deadline, in milliseconds from now. */
  readonly timeoutMs?: number
  /** Cancels the call when it is aborted. */
  readonly signal?: AbortSignal
}

/**
 * A client on one binding. Every failure of a call is a `ConnectError`, whatever the client reports.
 */
export interface Session extends AsyncDisposable {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions,
  ): Promise<MessageShape<O>>
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions,
  ): AsyncIterable<MessageShape<O>>
  clientStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: readonly MessageInitShape<I>[],
    options: CallOptions,
  ): Promise<MessageShape<O>>
}

export interface Client {
  readonly name: string
  /** Cells that it does not support, beside those that no client can: see `commonGaps`. */
  readonly gaps: readonly Gap[]
  /** True when the client ends a call at the deadline itself, and not only when the service does. */
  readonly keepsTime: boolean
  /** Opens the client on a binding, or says why it is missing on this machine. */
  readonly found: Found<(binding: Binding, url: string) => Promise<Session>>
}
