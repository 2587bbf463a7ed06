import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { HeaderList } from '@marquee/http/exchange'
import { ClientConnection } from '@marquee/http/http2/client/connection'
import type { StreamOwner } from '@marquee/http/http2/client/port'
import type { Http2Context } from '@marquee/http/http2/core/context'

/** Maximum duration of connecting, in milliseconds. */
const connectTimeoutMsDefault = 5_000

/** Options of a connection. */
export interface SessionOptions {
  /** State that connections share. Its limits are `clientLimits`. */
  readonly context: Http2Context
  readonly tls?: SessionTls | undefined
  /**
   * Maximum duration of connecting, the peer's first frame included, in milliseconds. Default:
   * 5,000.
   */
  readonly connectTimeoutMs?: number
}

/** TLS of an `https` URL. All values are PEM texts. */
export interface SessionTls {
  /** Certificates of the authorities to trust. Default: those of the runtime. */
  readonly ca?: string
  /** Certificate of the client, for a server that requires one. Default: none. */
  readonly cert?: string
  /** Private key of `cert`. */
  readonly key?: string
}

/** One HTTP/2 connection. */
export interface Session {
  /** Resolves when streams can be opened. Rejects when connecting fails. */
  readonly connected: Promise<void>
  /** True when another stream can be opened. */
  readonly hasRoom: boolean
  /** True while it opens no streams, because too many were cancelled on it. */
  readonly isResting: boolean
  /** Opens a stream. `hasRoom` has to be true. */
  open(headers: HeaderList, owner: StreamOwner): void
  /** Closes the connection and its streams at once. */
  destroy(): void
}

export interface SessionEvents {
  /** Called when there may be room for a stream again. */
  readonly onRoom: () => void
  /** Called when the connection accepts no new streams. Open ones may continue. */
  readonly onLeaving: () => void
  /** Called when the connection has closed. */
  readonly onEnd: () => void
}

/**
 * Opens a connection. It counts as connected when the peer's first frame has arrived, which says
 * how many streams the peer allows (RFC 9113 §3.4).
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

  // Never removed: an error event without a listener would end the process.
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
    open: (headers, owner) => connection?.request(headers, owner),
    destroy: () => end(closed()),
  }
}

function closed(): Error {
  return new Error('the connection was closed')
}

/** Opens a socket. With TLS, the server has to choose HTTP/2 by ALPN (RFC 9113 §3.2). */
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
    else socket.destroy(new Error('the server does not offer HTTP/2 (ALPN h2)'))
  })
  return socket.setNoDelay(true)
}
