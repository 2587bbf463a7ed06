import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf'

/** Codes of errors, as Connect writes them in JSON. The index plus one is gRPC's number. */
export const errorCodes = [
  'canceled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Codes of errors that the same call has again, whenever it is repeated. */
export const finalCodes: readonly ErrorCode[] = [
  'invalid_argument',
  'not_found',
  'permission_denied',
  'failed_precondition',
  'out_of_range',
  'unimplemented',
  'unauthenticated',
]

/** A message that a service attaches to an error. */
export interface ErrorDetail {
  /** Full name of the message, such as `google.rpc.RetryInfo`. */
  readonly type: string
  /** The message in binary: `findDetail` reads it. */
  readonly value: Uint8Array
}

/** The reason why a call failed. */
export interface RpcError {
  readonly code: ErrorCode
  /** The reason, in English, without the code. */
  readonly message: string
  readonly details: readonly ErrorDetail[]
  /** Name of the reason, such as `MOVIE_NOT_FOUND` (`google.rpc.ErrorInfo`). */
  readonly reason?: string | undefined
  /** Time until the service wants the call again (`google.rpc.RetryInfo`), in milliseconds. */
  readonly retryDelayMs?: number | undefined
  /** The error of the runtime, when there was no response of the service. */
  readonly cause?: unknown
}

/** The response of a call, or the reason why it failed. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: RpcError }

/** Creates an error without details. */
export function rpcError(code: ErrorCode, message: string, cause?: unknown): RpcError {
  return { code, message, details: [], cause }
}

/** Returns the first detail of the type that can be read, or `undefined`. */
export function findDetail<Desc extends DescMessage>(
  { details }: RpcError,
  schema: Desc,
): MessageShape<Desc> | undefined {
  for (const { type, value } of details) {
    if (type !== schema.typeName) continue
    try {
      return fromBinary(schema, value)
    } catch {
      // Not of this type, whatever its name says.
    }
  }
  return undefined
}
