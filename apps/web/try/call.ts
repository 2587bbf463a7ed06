import type { DescMethod, Message, Registry } from '@bufbuild/protobuf'

export type Protocol = 'connect' | 'grpc-web'
type Format = 'json' | 'binary'

/** One call, as the form describes it. */
export interface Call {
  /** Absolute, without a slash at the end. */
  readonly baseUrl: string
  readonly method: DescMethod
  /** One message, or any number when the client streams. */
  readonly messages: readonly Message[]
  readonly registry: Registry
  readonly options: CallOptions
}

export interface CallOptions {
  readonly protocol: Protocol
  readonly format: Format
  /** Uses GET, where `canGet` allows it. */
  readonly useGet: boolean
  /** Headers besides those of the protocol. */
  readonly headers: readonly HttpHeader[]
  /** Timeout that is sent to the server; none when undefined. */
  readonly timeoutMs: number | undefined
}

export type HttpHeader = readonly [name: string, value: string]

/** The events of a call, in order. */
export type CallEvent =
  | { readonly kind: 'head'; readonly httpStatus: number; readonly headers: readonly HttpHeader[] }
  | { readonly kind: 'message'; readonly json: string; readonly byteCount: number }
  | { readonly kind: 'end'; readonly trailers: readonly HttpHeader[]; readonly error?: CallError }

export interface CallError {
  /** Code as in the Connect protocol: `not_found`. */
  readonly code: string
  readonly message: string
  readonly details: readonly ErrorDetail[]
}

/** A detail of an error; without JSON when the server's reflection has no such type. */
export interface ErrorDetail {
  readonly typeName: string
  readonly json?: string
}

/** The call with the header by which movie's gateway finds the instance; without an id, any is called. */
export function callThroughGateway(call: Call, instance: string | undefined): Call {
  if (instance === undefined) return call
  const { options } = call
  const headers: HttpHeader[] = [['marquee-instance', instance], ...options.headers]
  return { ...call, options: { ...options, headers } }
}

export const defaultCallOptions: CallOptions = {
  protocol: 'connect',
  format: 'json',
  useGet: false,
  headers: [],
  timeoutMs: undefined,
}
