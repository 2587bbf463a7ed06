import { base64Decode } from '@bufbuild/protobuf/wire'
import { reasonOf } from '../error-info.ts'
import { failure, RpcFailure } from '../failure.ts'
import { type ErrorCode, type ErrorDetail, errorCodes, type RpcError } from '../result.ts'
import { retryDelayOf } from '../retry-info.ts'

/** Codes of statuses (https://connectrpc.com/docs/protocol#http-to-error-code). */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'internal',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'unimplemented',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

/** Reads an error of Connect (https://connectrpc.com/docs/protocol#error-end-stream). */
export function readError(json: unknown, fallback: ErrorCode = 'unknown'): RpcError {
  const { code, message, details } = (json ?? {}) as Record<string, unknown>
  const read = Array.isArray(details) ? details.flatMap(readDetail) : []
  return {
    code: errorCodes.find((one) => one === code) ?? fallback,
    message: typeof message === 'string' ? message : '',
    details: read,
    reason: reasonOf(read),
    retryDelayMs: retryDelayOf(read),
  }
}

/** Leaves out a detail that cannot be read: the error counts, whatever comes with it. */
function readDetail(detail: { type?: unknown; value?: unknown } | null): ErrorDetail[] {
  const { type, value } = detail ?? {}
  if (typeof type !== 'string' || typeof value !== 'string') return []
  try {
    return [{ type, value: base64Decode(value) }]
  } catch {
    return []
  }
}

/**
 * Throws the error of a response without a result: an error of Connect, or whatever a server sends
 * that does not speak Connect, such as a proxy.
 */
export function throwError(response: Response, wantedType: string, body: Uint8Array): never {
  const { status, headers } = response
  const type = headers.get('content-type')
  const fallback = codeOfStatus[status] ?? 'unknown'
  if (status !== 200 && type?.startsWith('application/json')) {
    throw new RpcFailure(readError(parseJson(body), fallback))
  }
  const found = status === 200 ? `has the type ${type}, not ${wantedType}` : `is HTTP ${status}`
  throw failure(fallback, `the response ${found}: check the URL, and what is in between`)
}

/** Returns `undefined` for text that is no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
