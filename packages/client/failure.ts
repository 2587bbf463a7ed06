import type { ConnectError } from '@connectrpc/connect'
import { reasonOf } from './error-info.ts'
import { type ErrorCode, errorCodes, type RpcError, rpcError } from './result.ts'
import { retryDelayOf } from './retry-info.ts'

/** Thrown by the package's own transport. It does not leave the package. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure'
  readonly rpcError: RpcError

  constructor(error: RpcError) {
    super(error.message, { cause: error.cause })
    this.rpcError = error
  }
}

/** Creates a failure without details. */
export function failure(code: ErrorCode, message: string, cause?: unknown): RpcFailure {
  return new RpcFailure(rpcError(code, message, cause))
}

/** Returns the error of whatever a transport has thrown: its own, or that of Connect. */
export function errorOf(reason: unknown): RpcError {
  if (reason instanceof RpcFailure) return reason.rpcError
  if (!isConnectError(reason)) return rpcError('unknown', String(reason), reason)
  // Details that were not on the wire are messages of a server in this process.
  const details = reason.details.flatMap((detail) =>
    'type' in detail ? [{ type: detail.type, value: detail.value }] : [],
  )
  return {
    code: errorCodes[reason.code - 1] ?? 'unknown',
    message: reason.rawMessage,
    details,
    reason: reasonOf(details),
    retryDelayMs: retryDelayOf(details),
    cause: reason.cause,
  }
}

/** The class itself would add a twentieth to the bundle. */
function isConnectError(reason: unknown): reason is ConnectError {
  return reason instanceof Error && reason.name === 'ConnectError' && 'rawMessage' in reason
}
