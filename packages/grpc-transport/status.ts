import { Code, ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus, findTrailerError } from '@connectrpc/connect/protocol-grpc'
import type { Fields } from '@marquee/http/exchange'
import { fieldOf } from '@marquee/http/header-list'
import { HeadTooLongError, NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { errorCode } from '@marquee/http/http2/frames/wire'
import { decodeMessage } from '@marquee/http/percent-text'
import type { ResolvedGrpcOptions } from './options.ts'

/** Fields as `Headers`. */
export function toHeaders(fields: Fields): Headers {
  const headers = new Headers()
  appendFields(headers, fields)
  return headers
}

export function appendFields(headers: Headers, fields: Fields): void {
  for (let index = 0; index < fields.length; index += 2) {
    headers.append(fields[index] ?? '', fields[index + 1] ?? '')
  }
}

/**
 * What is wrong with the head of an answer: a status other than 200 without one of gRPC, another content type, an
 * unknown compression (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
 */
export function headError(
  status: number,
  fields: Fields,
  { format, acceptCompression }: ResolvedGrpcOptions,
): ConnectError | undefined {
  if (status !== 200) {
    const told = fieldOf(fields, 'grpc-status') ? statusError(fields, []) : undefined
    return told ?? new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status), toHeaders(fields))
  }
  const type = fieldOf(fields, 'content-type')
  const answered = formatOf(type)
  if (answered !== format) {
    const code = answered === undefined ? Code.Unknown : Code.Internal
    return new ConnectError(`unsupported content type ${type}`, code, toHeaders(fields))
  }
  const encoding = encodingOf(fields)
  if (encoding === undefined || acceptCompression.some(({ name }) => name === encoding)) {
    return undefined
  }
  const message = `unsupported response encoding "${encoding}"`
  return new ConnectError(message, Code.Internal, toHeaders(fields))
}

/** What an answer's messages are compressed with, if with anything. */
export function encodingOf(fields: Fields): string | undefined {
  const encoding = fieldOf(fields, 'grpc-encoding')?.toLowerCase()
  return encoding === 'identity' ? undefined : encoding
}

/**
 * The error that the end of an answer tells, if any.
 * @param fields with the status: the trailers, or the head of an answer that has nothing else.
 * @param head whose fields become metadata of the error.
 */
export function statusError(fields: Fields, head: Fields): ConnectError | undefined {
  const status = fieldOf(fields, 'grpc-status')
  if (status === '0') return undefined
  if (status === undefined) return new ConnectError('protocol error: missing status', Code.Internal)
  const headers = toHeaders(fields)
  const message = headers.get('grpc-message')
  if (message?.includes('%')) headers.set('grpc-message', canonical(message))
  const error = findTrailerError(headers)
  if (!error) return new ConnectError(`invalid grpc-status: ${status}`, Code.Internal, headers)
  appendFields(error.metadata, head)
  return error
}

/** The error of a call whose stream was not opened, was reset or was lost. */
export function streamError(origin: string, cause: Error): ConnectError {
  const code = codeOfFailure(cause)
  const message = cause instanceof NotSentError ? cause.message : `${origin}: ${cause.message}`
  return new ConnectError(message, code, undefined, undefined, cause)
}

function codeOfFailure(cause: Error): Code {
  if (cause instanceof HeadTooLongError) return Code.ResourceExhausted
  return cause instanceof StreamReset ? codeOfReset(cause.code) : Code.Unavailable
}

/** gRPC over HTTP/2, "HTTP2 Transport Mapping", "Errors". */
function codeOfReset(http2Code: number): Code {
  switch (http2Code) {
    case errorCode.refusedStream:
      return Code.Unavailable
    case errorCode.cancel:
      return Code.Canceled
    case errorCode.enhanceYourCalm:
      return Code.ResourceExhausted
    case errorCode.inadequateSecurity:
      return Code.PermissionDenied
    default:
      return Code.Internal
  }
}

function formatOf(contentType = ''): 'binary' | 'json' | 'other' | undefined {
  if (contentType === 'application/grpc' || contentType === 'application/grpc+proto')
    return 'binary'
  const [, format] = /^application\/grpc(?:\+([\w.-]+))?\s*(?:;|$)/.exec(
    contentType.toLowerCase(),
  ) ?? ['', null]
  if (format === null) return undefined
  if (format === undefined || format === 'proto') return 'binary'
  return format === 'json' ? 'json' : 'other'
}

/** The same message without malformed escapes, which Connect's function does not take. */
function canonical(message: string): string {
  return encodeURIComponent(decodeMessage(message))
}
