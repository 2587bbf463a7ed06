import type { DescMethod, Message, Registry } from '@bufbuild/protobuf'

export type Protocol = 'connect' | 'grpc-web'
export type Format = 'json' | 'binary'

/** One call, as a person put it together. */
export interface Call {
  /** Absolute, without a slash at the end. */
  readonly baseUrl: string
  readonly method: DescMethod
  /** One message; any number of a method whose client streams. */
  readonly messages: readonly Message[]
  readonly registry: Registry
  readonly options: CallOptions
}

export interface CallOptions {
  readonly protocol: Protocol
  readonly format: Format
  /** By GET, where that is possible: see `canGet`. */
  readonly useGet: boolean
  /** Beside those of the protocol. */
  readonly headers: readonly HeaderField[]
  /** The deadline that the server is told; none when undefined. */
  readonly timeoutMs: number | undefined
}

export type HeaderField = readonly [name: string, value: string]

/** What becomes of a call, in the order in which it does. */
export type CallEvent =
  | { readonly kind: 'head'; readonly httpStatus: number; readonly headers: readonly HeaderField[] }
  | { readonly kind: 'message'; readonly json: string; readonly byteCount: number }
  | { readonly kind: 'end'; readonly trailers: readonly HeaderField[]; readonly error?: CallError }

export interface CallError {
  /** As the Connect protocol writes it: "not_found". */
  readonly code: string
  readonly message: string
  readonly details: readonly ErrorDetail[]
}

/** A detail of an error; undecoded when its type is not known to the server's reflection. */
export interface ErrorDetail {
  readonly typeName: string
  readonly json?: string
}

export const defaultCallOptions: CallOptions = {
  protocol: 'connect',
  format: 'json',
  useGet: false,
  headers: [],
  timeoutMs: undefined,
}
