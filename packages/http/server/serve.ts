import {
  type AddressInfo,
  createServer,
  type ListenOptions,
  type Server as NetServer,
  type Socket,
} from 'node:net'
import type { Admission } from '../admission/port.ts'
import type { Http1Limits } from '../http1/limits.ts'
import { createHttp1Server } from '../http1/server.ts'
import type { Http2Limits } from '../http2/limits.ts'
import { createHttp2Server } from '../http2/server/server.ts'
import type { MemoryAccount } from '../memory/account.ts'
import { MemoryBudget } from '../memory/budget.ts'
import type { AddressList } from './address-list.ts'
import { admit, admitTls } from './admit.ts'
import { type ConnectionBudget, createConnectionBudget } from './connection-budget.ts'
import { createFetchHandler } from './fetch-handler.ts'
import type { Log } from './log.ts'
import { type FetchApp, type PortLimits, portLimits } from './port.ts'
import { sniff } from './sniff.ts'
import { createTlsEngine, type TlsOptions } from './tls.ts'

export interface ServeOptions {
  readonly app: FetchApp
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string
  /** Port to listen on. 0 chooses a free one. */
  readonly port: number
  /**
   * True to share the port with other processes that do the same, among which Linux spreads the
   * connections (`SO_REUSEPORT`). Default: false.
   */
  readonly sharesPort?: boolean
  /** TLS on the same port. Without it, connections that begin with a TLS handshake are closed. */
  readonly tls?: TlsOptions
  readonly limits?: Partial<PortLimits>
  /** Limit of connections for the whole process. Replaces `limits.connectionsMax`. */
  readonly connections?: ConnectionBudget
  readonly http1?: Partial<Http1Limits>
  readonly http2?: Partial<Http2Limits>
  /**
   * Proxies, whose HTTP/2 connections carry many users. They are not closed for too many resets.
   * Default: none.
   */
  readonly trustedProxies?: AddressList
  /** Decides which requests start, and when. Default: all of them, as they arrive. */
  readonly admission?: Admission
  /**
   * Limit of the memory that clients can make the process hold. Servers may share it. Default: no
   * limit.
   */
  readonly memory?: MemoryBudget
  readonly log: Log
}

/**
 * Maximum time, after the end of listening, for connections that have sent nothing yet, in
 * milliseconds.
 */
const arrivalTimeoutMs = 250

/** A listening server. Disposing it calls `close`. */
export interface Server extends AsyncDisposable {
  readonly port: number
  /** Origin to call: `http://127.0.0.1:8081`, or `https` when cleartext is refused. */
  readonly url: string
  /** Uses another certificate from now on: see `TlsEngine.reload`. Does nothing without TLS. */
  reloadTls(tls: TlsOptions): void
  /** Number of open connections, including those whose protocol is not known yet. */
  readonly connectionCount: number
  /**
   * Stops listening, lets calls in flight finish, and destroys the remaining connections after
   * `drainTimeoutMs`. Further calls return the same promise.
   */
  close(): Promise<void>
}

/**
 * Serves an app on one port, over HTTP/2 and HTTP/1.1, in cleartext and over TLS. The first bytes
 * of a connection decide the protocol. Rejects when it cannot listen; the message names the address
 * and the reason.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const limits = { ...portLimits, ...options.limits }
  const memory = options.memory ?? new MemoryBudget()
  const respond = createFetchHandler(options)
  const engines = {
    http1: createHttp1Server({ respond, limits: options.http1 ?? {} }),
    http2: createHttp2Server({
      respond,
      limits: options.http2 ?? {},
      trusts: options.trustedProxies?.has,
    }),
  }
  const tls = options.tls && createTlsEngine(options.tls, limits.firstBytesTimeoutMs)
  const clearIsRefused = options.tls?.isRequired ?? options.tls?.clientAuthority !== undefined
  const arrivals = createArrivals()
  const { log } = options
  const connections =
    options.connections ?? createConnectionBudget({ max: limits.connectionsMax, log })

  async function welcome(socket: Socket, account: MemoryAccount): Promise<void> {
    const protocol = await sniff(socket, limits.firstBytesTimeoutMs)
    if (protocol === 'tls') await welcomeInside(socket, account)
    else if (protocol === undefined || clearIsRefused) socket.destroy()
    else engines[protocol].accept(socket, 'http', addressOf(socket), account)
  }

  async function welcomeInside(outer: Socket, account: MemoryAccount): Promise<void> {
    const secured = admitTls(account, outer) ? await tls?.handshake(outer) : undefined
    if (secured === undefined) {
      outer.destroy()
      return
    }
    const { socket } = secured
    socket.on('error', () => socket.destroy())
    const protocol = secured.protocol ?? (await sniff(socket, limits.firstBytesTimeoutMs))
    if (protocol === undefined || protocol === 'tls') socket.destroy()
    else engines[protocol].accept(socket, 'https', addressOf(outer), account)
  }

  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', destroyFailed)
    if (!connections.admit(socket)) return
    const account = admit(memory, socket)
    if (account !== undefined) arrivals.add(socket, welcome(socket, account))
  })
  const host = options.host ?? '127.0.0.1'
  await listen(listener, {
    host,
    port: options.port,
    reusePort: options.sharesPort ?? false,
    ...(connections.backlog !== undefined && { backlog: connections.backlog }),
  })
  listener.on('error', (err) => log.error({ err }, 'the port failed'))
  const { port } = listener.address() as AddressInfo

  let closed: Promise<void> | undefined
  async function shutDown(): Promise<void> {
    listener.close()
    await arrivals.settle()
    await within(limits.drainTimeoutMs, Promise.all([engines.http1.drain(), engines.http2.drain()]))
    engines.http1.destroy()
    engines.http2.destroy()
  }
  const close = () => {
    closed ??= shutDown()
    return closed
  }
  return {
    port,
    url: toOrigin(clearIsRefused ? 'https' : 'http', host, port),
    reloadTls: (current) => tls?.reload(current),
    get connectionCount() {
      return arrivals.count + engines.http1.connectionCount + engines.http2.connectionCount
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Destroys the socket that reports an error. All sockets share it. */
function destroyFailed(this: Socket): void {
  this.destroy()
}

/** Creates the set of connections whose protocol is not known yet. */
function createArrivals() {
  const waiting = new Map<Socket, Promise<void>>()
  return {
    get count() {
      return waiting.size
    },
    add(socket: Socket, welcomed: Promise<void>): void {
      waiting.set(
        socket,
        welcomed.finally(() => waiting.delete(socket)),
      )
    },
    /**
     * Waits a moment, because a request may be on its way, and then closes the connections that
     * have sent nothing.
     */
    async settle(): Promise<void> {
      await within(arrivalTimeoutMs, Promise.all(waiting.values()))
      for (const socket of waiting.keys()) socket.destroy()
    },
  }
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? ''
}

interface ListenAddress extends ListenOptions {
  readonly host: string
  readonly port: number
}

function listen(listener: NetServer, address: ListenAddress): Promise<void> {
  const { host, port } = address
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refuse = (cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'EADDRINUSE' ? 'it is in use' : cause.message
    reject(new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause }))
  }
  listener.once('error', refuse)
  listener.listen(address, () => {
    listener.off('error', refuse)
    resolve()
  })
  return promise
}

/** Waits for `work`, for at most `timeoutMs`. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

function toOrigin(scheme: 'http' | 'https', host: string, port: number): string {
  const anywhere = host === '0.0.0.0' || host === '::'
  const name = anywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${scheme}://${name}:${port}`
}
