import type {
  DescMessage,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import type { Found } from '@marquee/testing/tools'

export const protocols = ['grpc', 'grpc-web', 'connect', 'connect-get', 'rest'] as const
export type Protocol = (typeof protocols)[number]

export const httpVersions = ['1.1', '2'] as const
export type HttpVersion = (typeof httpVersions)[number]

/** What is tried in each cell of the matrix. */
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
export interface Lane {
  readonly protocol: Protocol
  readonly http: HttpVersion
}

/** A square of the matrix. */
export interface Cell extends Lane {
  readonly client: Client
  readonly operation: Operation
}

/** Cells that a client does not drive: those for which all that is given holds. */
export interface Gap {
  readonly protocol?: Protocol
  readonly http?: HttpVersion
  readonly operations?: readonly Operation[]
  readonly reason: string
}

/** The gaps of a client of nothing but gRPC. */
export const grpcAlone: readonly Gap[] = (
  ['grpc-web', 'connect', 'connect-get', 'rest'] as const
).map((protocol) => ({ protocol, reason: 'it speaks gRPC alone' }))

export interface CallOptions {
  /** Sent as `x-request-id`, by which the service's log line of the call is found. */
  readonly requestId: string
  /** The client's deadline, in milliseconds from now. */
  readonly timeoutMs?: number
  /** The client leaves when it is aborted. */
  readonly signal?: AbortSignal
}

/** A client at work on one lane. Every failure of a call is a `ConnectError`, whatever the client makes of it. */
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
  /** Cells that it does not drive, beside those that nobody can: see `commonGaps`. */
  readonly gaps: readonly Gap[]
  /** Whether it ends a call at the deadline by a clock of its own, and not only when the service does. */
  readonly keepsTime: boolean
  /** Opens it on a lane, or says why it is absent on this machine. */
  readonly found: Found<(lane: Lane, url: string) => Promise<Session>>
}
