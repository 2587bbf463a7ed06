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

/** How long disposal waits for calls to end, in milliseconds. */
const drainTimeoutMs = 5_000

/** The connections to an instance. Streams have their own, so that those that last keep no unary call waiting. */
export interface InstancePools {
  readonly calls: SessionPool
  readonly streams: SessionPool
  /** Ends at once what goes on. */
  close(): void
}

/** The instances of a service, as those who forward to it see them. Disposal lets what goes on end, within a bound. */
export type Upstream = ConnectionPool<InstancePools>

/**
 * Keeps connections to the instances that the registry shows, and spreads calls over them. They are apart from those of
 * other clients in the process: what goes on for a page keeps no call waiting between services.
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
