import type { DescService } from '@bufbuild/protobuf'
import { type Client, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { type ReadToken, sendToken } from './token.ts'

/** Deadline of one call, in milliseconds. */
const callTimeoutMs = 60_000

/**
 * Calls `body` with a gRPC client of a service, whose calls have a token if there is one. Closes the
 * connection when `body` is done.
 */
export async function withClient<S extends DescService, T>(
  service: S,
  baseUrl: string,
  readToken: ReadToken,
  body: (client: Client<S>) => Promise<T>,
): Promise<T> {
  const sessionManager = new Http2SessionManager(baseUrl)
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    defaultTimeoutMs: callTimeoutMs,
    interceptors: [sendToken(readToken)],
  })
  try {
    return await body(createClient(service, transport))
  } catch (cause) {
    throw withAddress(baseUrl, cause)
  } finally {
    // Otherwise the idle connection keeps the process alive.
    sessionManager.abort()
  }
}

/** Adds the address to the error of a call: the errors of a connection do not contain it. */
export function withAddress(baseUrl: string, error: unknown): unknown {
  if (!(error instanceof ConnectError)) return error
  return new Error(`${baseUrl}: ${error.message}`, { cause: error })
}
