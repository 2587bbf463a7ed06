import {
  type ConnectionPool,
  createConnectionPool,
} from '@marquee/grpc-transport/pool/connection-pool'
import {
  createSessionPool,
  type SessionPool,
  streamBounds,
} from '@marquee/grpc-transport/pool/session-pool'
import type { Http2Context } from '@marquee/http/http2/core/context'
import type { Instance, Registry } from '@marquee/registry/port'

/** Maximum time that disposal waits for calls to end, in milliseconds. */
const drainTimeoutMs = 5_000

/** Connections to an instance. Streams have their own, so that long ones delay no unary call. */
export interface InstancePools {
  readonly calls: SessionPool
  readonly streams: SessionPool
  /** Ends all calls immediately. */
  close(): void
}

/** Connections to the instances of a service. Disposal lets calls end, within a time limit. */
export type Upstream = ConnectionPool<InstancePools>

/**
 * Keeps connections to the instances in the registry, and balances calls over them. They are
 * separate from the connections of other clients in the process, so that calls of a page delay no
 * call between services.
 */
export async function openUpstream(registry: Registry, service: string): Promise<Upstream> {
  return createConnectionPool({
    service,
    watch: await registry.watch(service),
    connect: openPools,
    random: Math.random,
    clock: () => performance.now(),
    drainTimeoutMs,
  })
}

function openPools({ url }: Instance, context: Http2Context): InstancePools {
  const calls = createSessionPool(url, { context })
  const streams = createSessionPool(url, { context }, streamBounds)
  return {
    calls,
    streams,
    close() {
      calls.close()
      streams.close()
    },
  }
}
