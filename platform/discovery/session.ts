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
/** Streams at once on a connection, if the peer does not want fewer. */
export const streamsMax = 256

type SessionManager = NonNullable<GrpcTransportOptions['sessionManager']>
type StreamHeaders = Parameters<SessionManager['request']>[2]
type StreamOptions = Parameters<SessionManager['request']>[3]

/** One HTTP/2 connection. */
export interface Session {
  /** Resolves when streams can be opened, and rejects when they never will. */
  readonly connected: Promise<void>
  /** Takes room for one more stream. False when there is none, or the connection is about to end. */
  reserve(): boolean
  /** Opens a stream in the reserved room, which is free again when the stream has closed or this throws. */
  open(headers: StreamHeaders, options: StreamOptions): ClientHttp2Stream
  /** Ends the connection and its streams at once. */
  destroy(): void
}

export interface SessionEvents {
  /** There is room for a stream again. */
  readonly onRoom: () => void
  /** No stream is opened any more; those that are open may go on. */
  readonly onLeaving: () => void
  /** The connection has ended. */
  readonly onEnd: () => void
}

/** Opens a connection. It never opens more streams at once than the peer allows, which Bun 1.4.5 does not look at. */
export function openSession(url: string, { onRoom, onLeaving, onEnd }: SessionEvents): Session {
  const session = connect(url, { maxSessionMemory: sessionMegabytesMax })
  let usedCount = 0
  let usedAtMs = performance.now()
  const keptAlive = keepAlive(session, () => (usedCount > 0 ? 0 : performance.now() - usedAtMs))

  function release(): void {
    usedCount--
    usedAtMs = performance.now()
    onRoom()
  }

  // A server that is going away finishes the streams it has; new ones go to a new connection.
  session.on('goaway', () => {
    session.close()
    onLeaving()
  })
  session.on('close', () => {
    keptAlive[Symbol.dispose]()
    onLeaving()
    onEnd()
  })
  return {
    connected: whenConnected(session),
    reserve() {
      const allowed = Math.min(
        session.remoteSettings.maxConcurrentStreams ?? streamsMax,
        streamsMax,
      )
      if (session.destroyed || session.closed || usedCount >= allowed) return false
      usedCount++
      return true
    },
    open(headers, options) {
      try {
        return session.request(headers, options).once('close', release)
      } catch (error) {
        release()
        throw error
      }
    },
    destroy: () => session.destroy(),
  }
}

/** Connected is who knows how many streams the peer allows: its first frame says so (RFC 9113 §3.4). */
function whenConnected(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    session.destroy(new Error(`not connected within ${connectTimeoutMs} ms`))
  }, connectTimeoutMs)
  session.once('remoteSettings', () => resolve())
  // Stays for as long as the session does: an error without a listener would end the process.
  session.on('error', reject)
  session.once('close', () => reject(new Error('the connection was closed')))
  const settled = promise.finally(() => clearTimeout(timer))
  settled.catch(() => {})
  return settled
}

/** Ends the session when a ping is not answered in time, or when it had no streams for long. */
function keepAlive(session: ClientHttp2Session, idleMs: () => number): Disposable {
  const timer = setInterval(() => {
    if (session.destroyed) return
    if (idleMs() === 0) ping(session)
    else if (idleMs() >= idleTimeoutMs) session.close()
  }, pingIntervalMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function ping(session: ClientHttp2Session): void {
  const timer = setTimeout(() => {
    session.destroy(new Error(`a ping was not answered within ${pingTimeoutMs} ms`))
  }, pingTimeoutMs)
  session.ping(() => clearTimeout(timer))
}
