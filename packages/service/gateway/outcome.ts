import { Code, type ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus, codeFromString } from '@connectrpc/connect/protocol-connect'
import type { Wire } from '@marquee/connect-hono/wire/wire'
import type { Outcome } from '@marquee/grpc-transport/pool/balancer'
import type { HeaderList } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { parseMediaType } from '@marquee/http/media-type'

/** An answer as far as it is known: its head at least. */
export interface AnswerSoFar {
  readonly status: number
  readonly fields: HeaderList
  readonly trailers: HeaderList
  /** All of the body, where it came with the head. */
  readonly pieces: readonly Uint8Array[]
}

/**
 * The code of a call as its answer tells it outside of messages, or undefined for success: gRPC's status, or the error
 * that is the whole of an answer of Connect. What the last envelope of a stream says by the other protocols is not read.
 */
export function codeOf(answer: AnswerSoFar, wire: Wire | undefined): Code | undefined {
  const { status, fields, trailers } = answer
  if (wire?.hasEnvelopes) {
    const told = headerOf(trailers, 'grpc-status') ?? headerOf(fields, 'grpc-status') ?? '0'
    if (status === 200) return told === '0' ? undefined : knownCode(Number(told))
  } else if (status < 400) return undefined
  return errorCodeOf(answer) ?? codeOfStatus(status)
}

/** The codes of refusals whose body is not known, which Connect's own table takes for faults of the service. */
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
function errorCodeOf({ pieces, fields }: AnswerSoFar): Code | undefined {
  const mediaType = parseMediaType(headerOf(fields, 'content-type') ?? '')
  if (mediaType?.type !== 'application/json') return undefined
  try {
    const error = JSON.parse(Buffer.concat(pieces).toString()) as { code?: unknown } | null
    return typeof error?.code === 'string' ? codeFromString(error.code) : undefined
  } catch {
    // Compressed, or not what it says to be: the status tells enough.
    return undefined
  }
}

/** What an answer with this code says of the instance. */
export function outcomeOfAnswer(code: Code | undefined): Outcome {
  return code === Code.Unavailable ? 'failure' : 'success'
}

/** What a call that was broken off says of the instance, which has begun to answer or not. */
export function outcomeOfFailure({ code }: ConnectError, hasAnswered: boolean): Outcome {
  switch (code) {
    case Code.Unavailable:
      return 'failure'
    case Code.DeadlineExceeded:
      return hasAnswered ? 'unknown' : 'failure'
    case Code.Canceled:
      return 'unknown'
    default:
      return 'success'
  }
}
