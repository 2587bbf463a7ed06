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
import type { Condition } from '../process/health.ts'

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
export interface Upstream extends ConnectionPool<InstancePools> {
  /** Returns why calls reach no instance, or `undefined` when the registry knows one. */
  readonly condition: Condition
}

/**
 * Keeps connections to the instances in the registry, and balances calls over them. They are
 * separate from the connections of other clients in the process, so that calls of a page delay no
 * call between services.
 */
export async function openUpstream(registry: Registry, service: string): Promise<Upstream> {
  const watch = await registry.watch(service)
  const pool = createConnectionPool({
    service,
    watch,
    connect: openPools,
    random: Math.random,
    clock: () => performance.now(),
    drainTimeoutMs,
  })
  const condition = () =>
    watch.instances.length === 0 ? `no instance of ${service} is known` : undefined
  return Object.assign(pool, { condition })
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
