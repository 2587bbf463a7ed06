import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { createHttp1Engine } from './http1.ts'
import { createHttp2Engine } from './http2.ts'
import { type FetchApp, type Handle, type PortLimits, portLimits } from './port.ts'
import { type Protocol, sniff } from './sniff.ts'

export interface ServeOptions {
  readonly app: FetchApp
  /** The address to listen on; by default loopback only. */
  readonly host?: string
  /** The port to listen on; 0 for any that is free. */
  readonly port: number
  readonly limits?: Partial<PortLimits>
  readonly log: Logger
}

/** From the end of listening until connections that have said nothing are closed. */
const arrivalTimeoutMs = 250

/** A listening port. Disposing it closes it gracefully: see `close`. */
export interface Server extends AsyncDisposable {
  readonly port: number
  /** The origin to call: `http://127.0.0.1:8081`. */
  readonly url: string
  /**
   * Stops listening, lets the calls under way end, and cuts what is left after `drainTimeoutMs`. A second call answers
   * the same promise.
   */
  close(): Promise<void>
}

/**
 * Serves an app on one port that speaks HTTP/2 and HTTP/1.1 in cleartext; the first bytes of a connection decide.
 * Rejects with a message for people when the port cannot be listened on.
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const limits = { ...portLimits, ...options.limits }
  const handle = createHandle(options)
  const http1 = await createHttp1Engine(handle, limits)
  const http2 = createHttp2Engine(handle, limits)
  const arrivals = createArrivals(limits.firstBytesTimeoutMs)
  const listener = createServer({ noDelay: true }, async (socket) => {
    socket.on('error', () => socket.destroy())
    const protocol = await arrivals.sniff(socket)
    if (protocol === 'http2') http2.accept(socket)
    else if (protocol === 'http1') http1.accept(socket)
    else socket.destroy()
  })
  listener.maxConnections = limits.connectionsMax
  const host = options.host ?? '127.0.0.1'
  try {
    await listen(listener, host, options.port)
  } catch (error) {
    await http1.destroy()
    throw error
  }
  listener.on('error', (err) => options.log.error({ err }, 'the port failed'))
  const { port } = listener.address() as AddressInfo

  let closed: Promise<void> | undefined
  async function shutDown(): Promise<void> {
    listener.close()
    await arrivals.settle()
    await within(limits.drainTimeoutMs, Promise.all([http1.drain(), http2.drain()]))
    http2.destroy()
    await within(limits.drainTimeoutMs, http1.destroy())
  }
  const close = () => {
    closed ??= shutDown()
    return closed
  }
  return { port, url: toOrigin(host, port), close, [Symbol.asyncDispose]: close }
}

/** Connections that have not said yet what they speak. */
function createArrivals(firstBytesTimeoutMs: number) {
  const waiting = new Map<Socket, Promise<Protocol | undefined>>()
  return {
    async sniff(socket: Socket): Promise<Protocol | undefined> {
      const protocol = sniff(socket, firstBytesTimeoutMs)
      waiting.set(socket, protocol)
      return await protocol.finally(() => waiting.delete(socket))
    },
    /** Leaves them a moment, because a request may be on its way already, and closes those that say nothing. */
    async settle(): Promise<void> {
      await within(arrivalTimeoutMs, Promise.all(waiting.values()))
      for (const socket of waiting.keys()) socket.destroy()
    },
  }
}

/** What the app throws is logged, and answered 500. */
function createHandle({ app, log }: ServeOptions): Handle {
  return async (request, exchange) => {
    try {
      return await app.fetch(request, { exchange })
    } catch (error) {
      log.error({ err: error }, 'the app failed')
      return new Response(null, { status: 500 })
    }
  }
}

function listen(listener: NetServer, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const refuse = (cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'EADDRINUSE' ? 'it is in use' : cause.message
    reject(new Error(`cannot listen on ${host}:${port}: ${reason}`, { cause }))
  }
  listener.once('error', refuse)
  listener.listen(port, host, () => {
    listener.off('error', refuse)
    resolve()
  })
  return promise
}

/** Waits for the work, but no longer than the time. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, timeoutMs)
  await Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

function toOrigin(host: string, port: number): string {
  const anywhere = host === '0.0.0.0' || host === '::'
  const name = anywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}
