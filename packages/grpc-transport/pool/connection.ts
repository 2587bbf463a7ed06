import type { Transport } from '@connectrpc/connect'
import { clientLimits } from '@marquee/http/http2/client/limits'
import { Http2Context } from '@marquee/http/http2/core/context'
import type { GrpcOptions } from '../options.ts'
import type { Instance } from '../resolver.ts'
import { createGrpcTransport } from '../transport.ts'
import type { SessionTls } from './session.ts'
import { createSessionPool, streamBounds } from './session-pool.ts'

/**
 * The kept HTTP/2 connections to one instance; opened by the first call, and again after they were lost. There is more
 * than one only for more calls at once than the instance allows on one, and apart for streams: those that last keep no
 * unary call waiting.
 */
export interface Connection {
  /** Calls the instance by gRPC. A call that the network cuts short fails with `UNAVAILABLE`. */
  readonly transport: Transport
  /** Closes at once. A call still open fails with `UNAVAILABLE`. */
  close(): void
}

export interface ConnectionOptions {
  /** State that connections share. Default: one of its own. */
  readonly context?: Http2Context
  /** For an instance at an `https` URL. */
  readonly tls?: SessionTls
  /** Options of the calls. Default: nothing is compressed, because services are near each other. */
  readonly grpc?: GrpcOptions
}

/** Connects to an instance by its first call. */
export function createConnection(
  { url }: Pick<Instance, 'url'>,
  { context = createHttp2Context(), tls, grpc }: ConnectionOptions = {},
): Connection {
  const calls = createSessionPool(url, { context, tls })
  const streams = createSessionPool(url, { context, tls }, streamBounds)
  const { unary } = createGrpcTransport(url, calls, grpc)
  const { stream } = createGrpcTransport(url, streams, grpc)
  return {
    transport: { unary, stream },
    close() {
      calls.close()
      streams.close()
    },
  }
}

/** Creates the state that the connections of a client share. */
export function createHttp2Context(): Http2Context {
  return new Http2Context({ limits: clientLimits })
}
