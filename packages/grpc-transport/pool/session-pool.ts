import type { HeaderList } from '@marquee/http/exchange'
import { NotSentError, type StreamOwner } from '@marquee/http/http2/client/port'
import type { Streams } from '../options.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** Bounds of a pool. */
export interface PoolBounds {
  /**
   * Maximum number of connections that accept streams. Each carries up to 256 streams
   * (`streamsMax`).
   */
  readonly sessionsMax: number
  /** Maximum number of streams that wait for room on a connection. */
  readonly waitingMax: number
}

/**
 * Multiple of `sessionsMax` that the pool may reach while some connections rest after too many
 * cancelled streams.
 */
const restingFactorMax = 4

/** Bounds of unary calls: 1,024 at once, others wait in order. */
export const callBounds: PoolBounds = { sessionsMax: 4, waitingMax: 2_000 }
/**
 * Bounds of streams: 16,384 at once, because each open page may hold one. As many may wait, because
 * after a restart all of them reconnect together.
 */
export const streamBounds: PoolBounds = { sessionsMax: 64, waitingMax: 16_384 }

/** HTTP/2 connections to one origin. Calls open them, and reopen lost ones. */
export interface SessionPool extends Streams {
  /** Closes all connections and their streams at once. Opens none afterwards. */
  close(): void
}

/**
 * Keeps as few connections as possible. The pool opens another one, up to `sessionsMax`, when the
 * peer allows no further stream on the open ones. Beyond that, calls wait in order. A stream goes
 * to the oldest connection with room, so that the others become idle and close when there are fewer
 * streams. A connection on which too many streams were cancelled rests, so that the peer does not
 * close it, and the pool opens another in its place. A stream that was never opened fails with a
 * `NotSentError`.
 */
export function createSessionPool(
  url: string,
  options: SessionOptions,
  { sessionsMax, waitingMax }: PoolBounds = callBounds,
): SessionPool {
  const { origin } = new URL(url)
  const all = new Set<Session>()
  const usable = new Set<Session>()
  /** Request headers of the streams that wait, by owner. */
  const waiting = new Map<StreamOwner, HeaderList>()
  let isConnecting = false
  let isClosed = false

  function sessionWithRoom(): Session | undefined {
    for (const session of usable) if (session.hasRoom) return session
    return undefined
  }

  function dispatch(): void {
    if (isClosed || waiting.size === 0) return
    for (const [owner, headers] of waiting) {
      const session = sessionWithRoom()
      if (!session) break
      waiting.delete(owner)
      session.open(headers, owner)
    }
    if (waiting.size > 0 && !isConnecting && mayConnect()) void connectOne()
  }

  function mayConnect(): boolean {
    if (usable.size < sessionsMax) return true
    if (usable.size >= sessionsMax * restingFactorMax) return false
    let activeCount = 0
    for (const session of usable) if (!session.isResting) activeCount++
    return activeCount < sessionsMax
  }

  async function connectOne(): Promise<void> {
    isConnecting = true
    try {
      await addSession()
    } catch (error) {
      failWaiting(error as Error)
    } finally {
      isConnecting = false
      dispatch()
    }
  }

  async function addSession(): Promise<void> {
    let isLeaving = false
    const session = openSession(url, options, {
      onRoom: dispatch,
      onLeaving() {
        isLeaving = true
        if (usable.delete(session)) dispatch()
      },
      onEnd: () => all.delete(session),
    })
    all.add(session)
    await session.connected
    if (!isLeaving) usable.add(session)
  }

  function failWaiting(cause: Error): void {
    const owners = [...waiting.keys()]
    waiting.clear()
    for (const owner of owners) owner.onFailure(notSent(url, cause))
  }

  return {
    origin,
    open(headers, owner) {
      const free = waiting.size === 0 && !isClosed ? sessionWithRoom() : undefined
      if (free) free.open(headers, owner)
      else if (isClosed) owner.onFailure(notSent(url, closed()))
      else if (waiting.size >= waitingMax) {
        owner.onFailure(
          notSent(url, new Error('too many calls are waiting for a connection; call again later')),
        )
      } else {
        waiting.set(owner, headers)
        dispatch()
      }
    },
    abandon: (owner) => waiting.delete(owner),
    close() {
      isClosed = true
      for (const session of all) session.destroy()
      failWaiting(closed())
    },
  }
}

function closed(): Error {
  return new Error('the connection was closed')
}

function notSent(url: string, cause: Error): NotSentError {
  return new NotSentError(`cannot reach ${url}: ${cause.message}`, { cause })
}
