import { Code, ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus, findTrailerError } from '@connectrpc/connect/protocol-grpc'
import type { HeaderList } from '@marquee/http/exchange'
import { headerOf } from '@marquee/http/header-list'
import { HeadTooLongError, NotSentError } from '@marquee/http/http2/client/port'
import { StreamReset } from '@marquee/http/http2/frames/errors'
import { errorCode } from '@marquee/http/http2/frames/wire'
import { decodeMessage } from '@marquee/http/percent-text'
import type { ResolvedGrpcOptions } from './options.ts'

/** Returns headers as `Headers`. */
export function toHeaders(list: HeaderList): Headers {
  const headers = new Headers()
  appendHeaders(headers, list)
  return headers
}

export function appendHeaders(headers: Headers, list: HeaderList): void {
  for (let index = 0; index < list.length; index += 2) {
    headers.append(list[index] ?? '', list[index + 1] ?? '')
  }
}

/**
 * Returns the error of response headers that are not valid: an HTTP status other than 200, another
 * content type, or an unknown compression. A `grpc-status` takes precedence over the HTTP status
 * (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
 */
export function headersError(
  status: number,
  headers: HeaderList,
  { format, acceptCompression }: ResolvedGrpcOptions,
): ConnectError | undefined {
  if (status !== 200) {
    const grpcError = headerOf(headers, 'grpc-status') ? statusError(headers, []) : undefined
    return (
      grpcError ??
      new ConnectError(`HTTP ${status}`, codeFromHttpStatus(status), toHeaders(headers))
    )
  }
  const type = headerOf(headers, 'content-type')
  const received = formatOf(type)
  if (received !== format) {
    const code = received === undefined ? Code.Unknown : Code.Internal
    return new ConnectError(`unsupported content type ${type}`, code, toHeaders(headers))
  }
  const encoding = encodingOf(headers)
  if (encoding === undefined || acceptCompression.some(({ name }) => name === encoding)) {
    return undefined
  }
  const message = `unsupported response encoding "${encoding}"`
  return new ConnectError(message, Code.Internal, toHeaders(headers))
}

/** Returns the name of the compression of a response, or `undefined` for none. */
export function encodingOf(headers: HeaderList): string | undefined {
  const encoding = headerOf(headers, 'grpc-encoding')?.toLowerCase()
  return encoding === 'identity' ? undefined : encoding
}

/**
 * Returns the error that the status of a response reports, or `undefined` for success.
 * @param trailers the trailers, or the headers of a response that has nothing else.
 * @param headers further headers, which become metadata of the error.
 */
export function statusError(trailers: HeaderList, headers: HeaderList): ConnectError | undefined {
  const status = headerOf(trailers, 'grpc-status')
  if (status === '0') return undefined
  if (status === undefined) return new ConnectError('protocol error: missing status', Code.Internal)
  const metadata = toHeaders(trailers)
  const message = metadata.get('grpc-message')
  if (message?.includes('%')) metadata.set('grpc-message', canonical(message))
  const error = findTrailerError(metadata)
  if (!error) return new ConnectError(`invalid grpc-status: ${status}`, Code.Internal, metadata)
  appendHeaders(error.metadata, headers)
  return error
}

/** Returns the error of a call whose stream was never opened, was reset or was lost. */
export function streamError(origin: string, cause: Error): ConnectError {
  const code = codeOfFailure(cause)
  const message = cause instanceof NotSentError ? cause.message : `${origin}: ${cause.message}`
  return new ConnectError(message, code, undefined, undefined, cause)
}

function codeOfFailure(cause: Error): Code {
  if (cause instanceof HeadTooLongError) return Code.ResourceExhausted
  return cause instanceof StreamReset ? codeOfReset(cause.code) : Code.Unavailable
}

/** Maps an HTTP/2 error code (gRPC over HTTP/2, "HTTP2 Transport Mapping", "Errors"). */
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

/** Encodes a message again without malformed escapes, which Connect's function refuses. */
function canonical(message: string): string {
  return encodeURIComponent(decodeMessage(message))
}
