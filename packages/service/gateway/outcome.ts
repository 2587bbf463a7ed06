import { Code, type ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus, codeFromString } from '@connectrpc/connect/protocol-connect'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import type { Outcome } from '@marquee/grpc-transport/pool/balancer'
import type { HeaderList } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { parseMediaType } from '@marquee/http/media-type'

/** Known part of a response: at least its headers. */
export interface PartialResponse {
  readonly status: number
  readonly fields: HeaderList
  readonly trailers: HeaderList
  /** Whole body, when it arrived with the headers. */
  readonly pieces: readonly Uint8Array[]
}

/**
 * Returns the code of a call, or `undefined` for success: gRPC's status, or the error of a unary
 * response by Connect. The last envelope of a stream by Connect or gRPC-Web is not read.
 */
export function codeOf(response: PartialResponse, wire: Wire | undefined): Code | undefined {
  const { status, fields, trailers } = response
  if (wire?.hasEnvelopes) {
    const grpcStatus = headerOf(trailers, 'grpc-status') ?? headerOf(fields, 'grpc-status') ?? '0'
    if (status === 200) return grpcStatus === '0' ? undefined : knownCode(Number(grpcStatus))
  } else if (status < 400) return undefined
  return errorCodeOf(response) ?? codeOfStatus(status)
}

/** Codes of refusals without a known body. Connect's own table would blame the service for them. */
const codesOfRefusals: ReadonlyMap<number, Code> = new Map([
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.NotFound],
  [405, Code.Unimplemented],
  [409, Code.Aborted],
  [412, Code.FailedPrecondition],
  [413, Code.ResourceExhausted],
  [415, Code.Unimplemented],
  [421, Code.PermissionDenied],
  [429, Code.ResourceExhausted],
  [431, Code.ResourceExhausted],
  [499, Code.Canceled],
  [501, Code.Unimplemented],
  [504, Code.DeadlineExceeded],
  [505, Code.Unimplemented],
])

function codeOfStatus(status: number): Code {
  const code = codesOfRefusals.get(status)
  if (code !== undefined) return code
  return status < 500 ? Code.InvalidArgument : codeFromHttpStatus(status)
}

function knownCode(code: number): Code {
  return code in Code ? code : Code.Unknown
}

/** https://connectrpc.com/docs/protocol#error-end-stream */
function errorCodeOf({ pieces, fields }: PartialResponse): Code | undefined {
  const mediaType = parseMediaType(headerOf(fields, 'content-type') ?? '')
  if (mediaType?.type !== 'application/json') return undefined
  try {
    const error = JSON.parse(Buffer.concat(pieces).toString()) as { code?: unknown } | null
    return typeof error?.code === 'string' ? codeFromString(error.code) : undefined
  } catch {
    // Compressed, or not JSON. The status is enough.
    return undefined
  }
}

/** Returns the outcome for the instance of a response with this code. */
export function outcomeOfResponse(code: Code | undefined): Outcome {
  return code === Code.Unavailable ? 'failure' : 'success'
}

/** Returns the outcome for the instance of a failed call. */
export function outcomeOfFailure({ code }: ConnectError, hasResponded: boolean): Outcome {
  switch (code) {
    case Code.Unavailable:
      return 'failure'
    case Code.DeadlineExceeded:
      return hasResponded ? 'unknown' : 'failure'
    case Code.Canceled:
      return 'unknown'
    default:
      return 'success'
  }
}
