import { Code, ConnectError } from '@connectrpc/connect'
import type { Http2Context } from '@marquee/http/http2/core/context'
import type { Instance, InstanceWatch } from '../resolver.ts'
import { createBalancer, type Picked } from './balancer.ts'
import { createHttp2Context } from './connection.ts'

/** A connection taken for one call. */
export interface Lease<C> extends Picked {
  readonly connection: C
}

/** What is kept for an instance. */
export interface Closable {
  /** Ends at once what goes on. */
  close(): void
}

/** One kept connection for each instance of a service. Disposal waits for calls to end, within a bound. */
export interface ConnectionPool<C extends Closable> extends AsyncDisposable {
  /**
   * The connection to an instance, another than those of `avoid` where there is one. Throws UNAVAILABLE when none is
   * known.
   */
  take(avoid?: ReadonlySet<Instance>): Lease<C>
  /** Whether an instance is known that is not one of `avoid`. */
  hasOther(avoid: ReadonlySet<Instance>): boolean
}

export interface ConnectionPoolOptions<C extends Closable> {
  readonly service: string
  /** @param context shared by all connections. */
  readonly connect: (instance: Instance, context: Http2Context) => C
  /** Disposed with the pool. */
  readonly watch: InstanceWatch & Disposable
  readonly random: () => number
  readonly clock: () => number
  readonly drainTimeoutMs: number
}

/** Opens a connection by its first call, and closes it once its instance left and its last call ended. */
export function createConnectionPool<C extends Closable>(
  options: ConnectionPoolOptions<C>,
): ConnectionPool<C> {
  const { service, watch, random, clock, drainTimeoutMs } = options
  const connections = new Map<Instance, C>()
  const context = createHttp2Context()
  const balancer = createBalancer({ watch, random, clock, onDrained: disconnect })
  const idle = createIdleness()
  let isClosed = false

  function connect(instance: Instance): C {
    const connection = connections.get(instance) ?? options.connect(instance, context)
    connections.set(instance, connection)
    return connection
  }

  function connectOrLetGo({ instance, done }: Picked): C {
    try {
      return connect(instance)
    } catch (error) {
      done('failure')
      throw error
    }
  }

  function disconnect(instance: Instance): void {
    connections.get(instance)?.close()
    connections.delete(instance)
  }

  return {
    hasOther: (avoid) => balancer.hasOther(avoid),
    take(avoid) {
      if (isClosed) throw new ConnectError(`the client of ${service} is closed`, Code.Unavailable)
      const picked = balancer.pick(avoid)
      if (!picked) {
        throw new ConnectError(`no instance of ${service} is known`, Code.Unavailable)
      }
      const connection = connectOrLetGo(picked)
      const ended = idle.begin()
      return {
        ...picked,
        connection,
        done(outcome) {
          picked.done(outcome)
          ended()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      await idle.wait(drainTimeoutMs)
      for (const instance of connections.keys()) disconnect(instance)
      watch[Symbol.dispose]()
    },
  }
}

interface Idleness {
  /** Begins a call; the answered function ends it, and does nothing the second time. */
  begin(): () => void
  /** Resolves when no call is left or the time is over. */
  wait(timeoutMs: number): Promise<void>
}

function createIdleness(): Idleness {
  let callCount = 0
  let onIdle = () => {}
  return {
    begin() {
      let isOpen = true
      callCount++
      return () => {
        if (!isOpen) return
        isOpen = false
        callCount--
        if (callCount === 0) onIdle()
      }
    },
    async wait(timeoutMs) {
      if (callCount === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      onIdle = resolve
      await promise
      clearTimeout(timer)
    },
  }
}
