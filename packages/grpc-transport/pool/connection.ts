import type { Transport } from '@connectrpc/connect'
import { clientLimits } from '@marquee/http/http2/client/limits'
import { Http2Context } from '@marquee/http/http2/core/context'
import type { GrpcOptions } from '../options.ts'
import type { Instance } from '../resolver.ts'
import { createGrpcTransport } from '../transport.ts'
import type { SessionTls } from './session.ts'
import { createSessionPool, streamBounds } from './session-pool.ts'

/**
 * HTTP/2 connections to one instance. The first call opens them; calls after a loss reopen them.
 * Unary calls and streams have separate connections, so that long streams never delay a unary call.
 * Another connection opens only when the instance allows no more calls on the present ones.
 */
export interface Connection {
  /** Calls the instance by gRPC. A call whose connection is lost fails with `UNAVAILABLE`. */
  readonly transport: Transport
  /** Closes at once. Calls in flight fail with `UNAVAILABLE`. */
  close(): void
}

export interface ConnectionOptions {
  /** State that several connections share. Default: a new one. */
  readonly context?: Http2Context
  /** TLS of an `https` URL. Default: the authorities of the runtime, and no client certificate. */
  readonly tls?: SessionTls
  /** Options of the calls. Default: those of `GrpcOptions`. */
  readonly grpc?: GrpcOptions
}

/** Creates a transport to one instance. The first call opens the connection. */
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

/** Creates the state that connections share. */
export function createHttp2Context(): Http2Context {
  return new Http2Context({ limits: clientLimits })
}
