import type { DescService } from '@bufbuild/protobuf'
import { type Client, ConnectError, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'

/** How long one call may take, in milliseconds. */
const callTimeoutMs = 60_000

/**
 * Gives the body a client of a service over gRPC, whose connection is closed when the body is done.
 */
export async function withClient<S extends DescService, T>(
  service: S,
  baseUrl: string,
  body: (client: Client<S>) => Promise<T>,
): Promise<T> {
  const sessionManager = new Http2SessionManager(baseUrl)
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    defaultTimeoutMs: callTimeoutMs,
  })
  try {
    return await body(createClient(service, transport))
  } catch (cause) {
    // The errors of a connection do not tell where it went.
    if (cause instanceof ConnectError) throw new Error(`${baseUrl}: ${cause.message}`, { cause })
    throw cause
  } finally {
    // The process would otherwise stay until the connection has been idle for long.
    sessionManager.abort()
  }
}
