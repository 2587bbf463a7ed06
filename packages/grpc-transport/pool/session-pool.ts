import type { Fields } from '@marquee/http/exchange'
import { NotSentError, type StreamOwner } from '@marquee/http/http2/client/port'
import type { Streams } from '../options.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** How far a pool grows. */
export interface PoolBounds {
  /** Connections that take streams, at most; each has up to 256 at once (`streamsMax`). */
  readonly sessionsMax: number
  /** Streams that wait for room on one of them, at most. */
  readonly waitingMax: number
}

/** How many times `sessionsMax` there may be while some of them rest, because too many streams were given up on them. */
const restingFactorMax = 4

/** Bounds for calls that end by themselves: what is more than 1,024 at once waits its turn. */
export const callBounds: PoolBounds = { sessionsMax: 4, waitingMax: 2_000 }
/**
 * Bounds for streams, of which each watching page holds one for as long as it is open: 16,384 at once. As many may wait,
 * because after a restart all of them come back together.
 */
export const streamBounds: PoolBounds = { sessionsMax: 64, waitingMax: 16_384 }

/** HTTP/2 connections to an origin, opened when they are needed and opened again when they were lost. */
export interface SessionPool extends Streams {
  /** Ends the connections and the streams on them at once; none is opened from then on. */
  close(): void
}

/**
 * Keeps as few connections as there have to be: another one is opened, up to `sessionsMax`, when the peer allows no
 * further stream on those that are open. Beyond that, calls wait in order for one to end. Streams go to the oldest
 * connection with room, so that the others become idle when there are fewer, and close. One on which too many streams were
 * given up rests, so that the peer does not end it, and another is opened in its place. What was not opened fails with a
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
  /** Heads of the streams that wait, by who opens them. */
  const waiting = new Map<StreamOwner, Fields>()
  let isConnecting = false
  let isClosed = false

  function sessionWithRoom(): Session | undefined {
    for (const session of usable) if (session.hasRoom) return session
    return undefined
  }

  function dispatch(): void {
    if (isClosed || waiting.size === 0) return
    for (const [owner, head] of waiting) {
      const session = sessionWithRoom()
      if (!session) break
      waiting.delete(owner)
      session.open(head, owner)
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
    open(head, owner) {
      const free = waiting.size === 0 && !isClosed ? sessionWithRoom() : undefined
      if (free) free.open(head, owner)
      else if (isClosed) owner.onFailure(notSent(url, closed()))
      else if (waiting.size >= waitingMax) {
        owner.onFailure(notSent(url, new Error('too many calls wait for it')))
      } else {
        waiting.set(owner, head)
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
