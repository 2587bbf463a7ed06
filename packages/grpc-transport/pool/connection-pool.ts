import { Code, ConnectError } from '@connectrpc/connect'
import type { Http2Context } from '@marquee/http/http2/core/context'
import type { Instance, InstanceWatch } from '../resolver.ts'
import { createBalancer, type Picked } from './balancer.ts'
import { createHttp2Context } from './connection.ts'

/** A connection lent to one call. */
export interface Lease<C> extends Picked {
  readonly connection: C
}

/** A connection to one instance. */
export interface Closable {
  /** Closes at once. Calls in flight fail. */
  close(): void
}

/**
 * Connections to the instances of a service, one each. Disposal waits up to `drainTimeoutMs` for
 * calls to end.
 */
export interface ConnectionPool<C extends Closable> extends AsyncDisposable {
  /**
   * Returns the connection to an instance. Prefers instances outside of `avoid`. Throws
   * `UNAVAILABLE` when no instance is known.
   */
  take(avoid?: ReadonlySet<Instance>): Lease<C>
  /** Returns the connection to the instance with the id, or `undefined` when none is known by it. */
  takeNamed(id: string): Lease<C> | undefined
  /** Returns whether an instance outside of `avoid` is in use: known, and not ejected. */
  hasOther(avoid: ReadonlySet<Instance>): boolean
}

export interface ConnectionPoolOptions<C extends Closable> {
  readonly service: string
  /** @param context state that all connections share. */
  readonly connect: (instance: Instance, context: Http2Context) => C
  /** The pool disposes it. */
  readonly watch: InstanceWatch & Disposable
  readonly random: () => number
  readonly clock: () => number
  readonly drainTimeoutMs: number
}

/**
 * Opens a connection at its first call. Closes it when its instance has left and its last call has
 * ended.
 */
export function createConnectionPool<C extends Closable>(
  options: ConnectionPoolOptions<C>,
): ConnectionPool<C> {
  const { service, watch, random, clock, drainTimeoutMs } = options
  const connections = new Map<Instance, C>()
  const context = createHttp2Context()
  const balancer = createBalancer({ watch, random, clock, onDrained: disconnect })
  let isClosed = false
  let callCount = 0
  let onIdle = () => {}

  function connect(instance: Instance): C {
    const connection = connections.get(instance) ?? options.connect(instance, context)
    connections.set(instance, connection)
    return connection
  }

  function connectOrRelease({ instance, done }: Picked): C {
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

  function lend(picked: Picked): Lease<C> {
    const connection = connectOrRelease(picked)
    let isOpen = true
    callCount++
    return {
      ...picked,
      connection,
      done(outcome) {
        picked.done(outcome)
        if (!isOpen) return
        isOpen = false
        callCount--
        if (callCount === 0) onIdle()
      },
    }
  }

  function requireOpen(): void {
    if (!isClosed) return
    const text = `the transport to ${service} is closed: create another one`
    throw new ConnectError(text, Code.Unavailable)
  }

  return {
    hasOther: (avoid) => balancer.hasOther(avoid),
    take(avoid) {
      requireOpen()
      const picked = balancer.pick(avoid)
      if (picked) return lend(picked)
      const text = `no instance of ${service} is known: start one, or call again later`
      throw new ConnectError(text, Code.Unavailable)
    },
    takeNamed(id) {
      requireOpen()
      const picked = balancer.pickNamed(id)
      return picked && lend(picked)
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      if (callCount > 0) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, drainTimeoutMs)
        onIdle = resolve
        await promise
        clearTimeout(timer)
      }
      for (const instance of connections.keys()) disconnect(instance)
      watch[Symbol.dispose]()
    },
  }
}
