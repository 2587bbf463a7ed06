import type { ClientHttp2Stream } from 'node:http2'
import type { GrpcTransportOptions } from '@connectrpc/connect-node'
import { openSession, type Session } from './session.ts'

/** Connections to one origin, at most. */
export const sessionsMax = 4
/** Calls that wait for room on one of them, at most. */
export const waitingMax = 2_000

/** What connect-node opens streams with. */
type SessionManager = NonNullable<GrpcTransportOptions['sessionManager']>

/** The cause of an error for which nothing was sent, so that the instance cannot have seen the call. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError'
}

/** HTTP/2 connections to an origin, opened when they are needed and opened again when they were lost. */
export interface SessionPool {
  readonly authority: string
  /** Opens a stream once there is room for it, or rejects: with a `NotSentError`, or when the signal is aborted. */
  request(
    args: Parameters<SessionManager['request']>,
    signal: AbortSignal | undefined,
  ): Promise<ClientHttp2Stream>
  /** Ends the connections and the streams on them at once; none is opened from then on. */
  close(): void
}

interface Waiting {
  readonly take: (session: Session) => void
  readonly giveUp: (reason: unknown) => void
}

/**
 * Keeps as few connections as there have to be: another one is opened, up to `sessionsMax`, when the peer allows no
 * further stream on those that are open. Beyond that, calls wait in order for one to end. Takes the place of
 * connect-node's `Http2SessionManager`, whose ping time-out of a frozen peer is an uncaught error on Node 24 and Deno
 * 2.9.3.
 */
export function createSessionPool(url: string): SessionPool {
  const all = new Set<Session>()
  const usable = new Set<Session>()
  const waiting = new Set<Waiting>()
  let isConnecting = false
  let isClosed = false

  const closedError = () => notSent(url, new Error('the connection was closed'))

  function reserve(): Session | undefined {
    for (const session of usable) if (session.reserve()) return session
    return undefined
  }

  function dispatch(): void {
    if (isClosed) return
    for (const one of waiting) {
      const session = reserve()
      if (!session) break
      waiting.delete(one)
      one.take(session)
    }
    if (waiting.size > 0 && !isConnecting && usable.size < sessionsMax) void connectOne()
  }

  async function connectOne(): Promise<void> {
    isConnecting = true
    let isLeaving = false
    const session = openSession(url, {
      onRoom: dispatch,
      onLeaving() {
        isLeaving = true
        if (usable.delete(session)) dispatch()
      },
      onEnd: () => all.delete(session),
    })
    all.add(session)
    try {
      await session.connected
      if (!isLeaving) usable.add(session)
    } catch (error) {
      for (const one of waiting) one.giveUp(notSent(url, error))
    } finally {
      isConnecting = false
      dispatch()
    }
  }

  function waitForRoom(signal: AbortSignal | undefined): Promise<Session> {
    const { promise, resolve, reject } = Promise.withResolvers<Session>()
    if (waiting.size >= waitingMax) throw notSent(url, new Error('too many calls wait for it'))
    const one: Waiting = {
      take: resolve,
      giveUp(reason) {
        waiting.delete(one)
        reject(reason)
      },
    }
    const abort = () => one.giveUp(signal?.reason)
    signal?.addEventListener('abort', abort)
    waiting.add(one)
    dispatch()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  return {
    authority: new URL(url).origin,
    async request([method, path, headers, options], signal) {
      signal?.throwIfAborted()
      if (isClosed) throw closedError()
      const free = waiting.size === 0 ? reserve() : undefined
      const session = free ?? (await waitForRoom(signal))
      try {
        return session.open({ ...headers, ':method': method, ':path': path }, options)
      } catch (error) {
        throw notSent(url, error)
      }
    },
    close() {
      isClosed = true
      for (const session of all) session.destroy()
      for (const one of waiting) one.giveUp(closedError())
    },
  }
}

function notSent(url: string, cause: unknown): NotSentError {
  return new NotSentError(`cannot reach ${url}: ${(cause as Error).message}`, { cause })
}
