import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { GrpcTransportOptions } from '@connectrpc/connect-node'

/** How long connecting may take, in milliseconds. */
const connectTimeoutMs = 5_000
/** How often a connection with open calls is pinged, in milliseconds. */
const pingIntervalMs = 10_000
/** How long a ping may take before the connection is taken for lost, in milliseconds. */
const pingTimeoutMs = 5_000
/** How long a connection without calls is kept, in milliseconds. */
const idleTimeoutMs = 300_000
/** What a connection may hold, in megabytes: Node refuses streams above it, and its default of 10 is soon reached. */
const sessionMegabytesMax = 1_000

/** What connect-node opens streams with. */
type SessionManager = NonNullable<GrpcTransportOptions['sessionManager']>

/** The cause of an error for which nothing was sent, so that the instance cannot have seen the call. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}

/** One HTTP/2 connection to an origin, opened when it is needed and opened again when it was lost. */
export interface KeptSession extends SessionManager {
  /** Opens a stream, or rejects with a `NotSentError`. */
  readonly request: SessionManager['request']
  /** Ends the connection and the streams on it at once. */
  close(): void
}

interface OpenSession {
  readonly session: ClientHttp2Session
  readonly kept: KeepAlive
  /** Resolves when streams can be opened, and rejects when they never will. */
  readonly connected: Promise<void>
}

/**
 * Keeps a connection. Takes the place of connect-node's `Http2SessionManager`, whose ping time-out of a frozen peer is
 * an uncaught error on Node 24 and Deno 2.9.3.
 */
export function createKeptSession(url: string): KeptSession {
  const open = new Set<ClientHttp2Session>()
  let current: OpenSession | undefined

  function drop(session: ClientHttp2Session): void {
    if (current?.session === session) current = undefined
  }

  function openSession(): OpenSession {
    const session = connect(url, { maxSessionMemory: sessionMegabytesMax })
    open.add(session)
    const kept = keepAlive(session)
    // A server that is going away finishes the streams it has; new ones go to a new connection.
    session.on('goaway', () => {
      drop(session)
      session.close()
    })
    session.on('close', () => {
      kept.stop()
      drop(session)
      open.delete(session)
    })
    return { session, kept, connected: whenConnected(session) }
  }

  return {
    authority: new URL(url).origin,
    notifyResponseByteRead() {},
    async request(method, path, headers, options) {
      if (!current || current.session.destroyed || current.session.closed) current = openSession()
      const { session, kept, connected } = current
      try {
        await connected
        const stream = session.request({ ...headers, ':method': method, ':path': path }, options)
        kept.follow(stream)
        return stream
      } catch (cause) {
        drop(session)
        throw new NotSentError(`cannot reach ${url}: ${(cause as Error).message}`, { cause })
      }
    },
    close() {
      for (const session of open) session.destroy()
    },
  }
}

function whenConnected(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    session.destroy(new Error(`not connected within ${connectTimeoutMs} ms`))
  }, connectTimeoutMs)
  session.once('connect', () => resolve())
  // Stays for as long as the session does: an error without a listener would end the process.
  session.on('error', reject)
  session.once('close', () => reject(new Error('the connection was closed')))
  const settled = promise.finally(() => clearTimeout(timer))
  settled.catch(() => {})
  return settled
}

interface KeepAlive {
  /** Counts a stream for as long as it is open. */
  follow(stream: ClientHttp2Stream): void
  stop(): void
}

/** Ends the session when a ping is not answered in time, or when it had no streams for long. */
function keepAlive(session: ClientHttp2Session): KeepAlive {
  let openCount = 0
  let usedAtMs = performance.now()
  const timer = setInterval(() => {
    if (session.destroyed) return
    if (openCount > 0) ping(session)
    else if (performance.now() - usedAtMs >= idleTimeoutMs) session.close()
  }, pingIntervalMs)
  return {
    follow(stream) {
      openCount++
      stream.once('close', () => {
        openCount--
        usedAtMs = performance.now()
      })
    },
    stop: () => clearInterval(timer),
  }
}

function ping(session: ClientHttp2Session): void {
  const timer = setTimeout(() => {
    session.destroy(new Error(`a ping was not answered within ${pingTimeoutMs} ms`))
  }, pingTimeoutMs)
  session.ping(() => clearTimeout(timer))
}
