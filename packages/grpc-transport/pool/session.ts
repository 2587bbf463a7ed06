import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Fields } from '@marquee/http/exchange'
import { ClientConnection } from '@marquee/http/http2/client/connection'
import type { StreamOwner } from '@marquee/http/http2/client/port'
import type { Http2Context } from '@marquee/http/http2/core/context'

/** Maximum duration of connecting, in milliseconds. */
const connectTimeoutMsDefault = 5_000

/** How a connection is made. */
export interface SessionOptions {
  /** State that all connections share, with `clientLimits`. */
  readonly context: Http2Context
  readonly tls?: SessionTls | undefined
  /** Maximum duration of connecting, the peer's first frame included, in milliseconds. Default: 5,000. */
  readonly connectTimeoutMs?: number
}

/** TLS of an `https` URL: authorities to trust, and the client's certificate. All in PEM. */
export interface SessionTls {
  /** Authorities to trust. Default: those of the runtime. */
  readonly ca?: string
  /** The client's certificate and its key, when the server asks for one. */
  readonly cert?: string
  readonly key?: string
}

/** One HTTP/2 connection. */
export interface Session {
  /** Resolves when streams can be opened, and rejects when they never will. */
  readonly connected: Promise<void>
  /** Whether one more stream can be opened. */
  readonly hasRoom: boolean
  /** Whether it opens none for a while, because too many were given up on it. */
  readonly isResting: boolean
  /** Opens a stream. There has to be room. */
  open(head: Fields, owner: StreamOwner): void
  /** Ends the connection and its streams at once. */
  destroy(): void
}

export interface SessionEvents {
  /** There may be room for a stream again. */
  readonly onRoom: () => void
  /** No stream is opened any more; those that are open may go on. */
  readonly onLeaving: () => void
  /** The connection has ended. */
  readonly onEnd: () => void
}

/**
 * Opens a connection. Connected is who knows how many streams the peer allows: its first frame says so (RFC 9113 §3.4).
 */
export function openSession(url: string, options: SessionOptions, events: SessionEvents): Session {
  const { context, tls, connectTimeoutMs = connectTimeoutMsDefault } = options
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>()
  const socket = dial(new URL(url), tls, start)
  const timer = setTimeout(() => {
    end(new Error(`not connected within ${connectTimeoutMs} ms`))
  }, connectTimeoutMs)
  let connection: ClientConnection | undefined
  let hasEnded = false

  function start(): void {
    connection = new ClientConnection(context, socket, {
      onReady() {
        clearTimeout(timer)
        resolve()
      },
      onRoom: events.onRoom,
      onLeaving: events.onLeaving,
      onEnd: end,
    })
  }

  function end(cause: Error): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    reject(cause)
    if (connection) connection.destroy(cause)
    else socket.destroy()
    events.onEnd()
  }

  // Stay for as long as the socket does: an error without a listener would end the process.
  socket.on('error', end)
  socket.on('close', () => end(closed()))
  connected.catch(() => {})
  return {
    connected,
    get hasRoom() {
      return connection?.hasRoom === true
    },
    get isResting() {
      return connection?.isResting === true
    },
    open: (head, owner) => connection?.request(head, owner),
    destroy: () => end(closed()),
  }
}

function closed(): Error {
  return new Error('the connection was closed')
}

/** Connects; behind TLS the server has to choose HTTP/2 (RFC 9113 §3.2). */
function dial(
  { protocol, hostname, port }: URL,
  tls: SessionTls | undefined,
  onConnected: () => void,
): Socket | TLSSocket {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol !== 'https:') {
    const socket = connectPlain({ host, port: Number(port || 80), noDelay: true }, onConnected)
    return socket
  }
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const address = { host, port: Number(port || 443), ...servername }
  const socket = connectTls({ ...tls, ...address, ALPNProtocols: ['h2'] }, () => {
    if (socket.alpnProtocol === 'h2') onConnected()
    else socket.destroy(new Error('the server does not speak HTTP/2'))
  })
  return socket.setNoDelay(true)
}
