import { backoffMs } from './backoff.ts'
import { createBell } from './bell.ts'
import { openSession, type Session, type SessionOptions } from './kafka-session.ts'
import type { Consumption } from './port.ts'

/** A running consumer that is started anew whenever it breaks. */
export interface KafkaConsumption extends Consumption {
  /** Resolves when the first assignment is made. */
  readonly assigned: Promise<void>
}

export type ConsumptionOptions = Omit<SessionOptions, 'formerMemberId' | 'onAssigned' | 'onPoll'>

/** A session that lasted this long was a good one: the back-off begins again, in milliseconds. */
const steadyMs = 60_000

export function startConsumption(consumption: ConsumptionOptions): KafkaConsumption {
  const { topics, options, clock, random } = consumption
  const assigned = Promise.withResolvers<void>()
  const closing = createBell()
  let session: Session | undefined
  let lastPollTimeMs: number | undefined
  let memberId: string | undefined
  let restarts = 0
  let failure: Error | undefined
  let isClosed = false
  let closed: Promise<void> | undefined

  async function run(): Promise<void> {
    for (let failures = 0; !isClosed; restarts += 1) {
      const startMs = clock()
      const reason = await live()
      if (reason === undefined) return
      failures = clock() - startMs > steadyMs ? 1 : failures + 1
      failure = reason
      options.onError?.(reason)
      await closing.sleep(backoffMs(failures, random))
    }
  }

  /** Answers why the consumer could not join or broke, or nothing when it was to end. */
  async function live(): Promise<Error | undefined> {
    const opened = await join().catch((error: Error) => error)
    if (opened instanceof Error) return isClosed ? undefined : opened
    const reason = await untilBroken(opened)
    const left = opened.leave()
    // What is broken may not be able to leave either, and has told why already.
    await (reason === undefined ? left : left.catch(() => {}))
    return reason
  }

  async function join(): Promise<Session> {
    await topics.ensure(options.topic)
    return openSession({
      ...consumption,
      formerMemberId: memberId,
      onAssigned(id) {
        memberId = id
        failure = undefined
        assigned.resolve()
      },
      onPoll(timeMs) {
        lastPollTimeMs = timeMs
      },
    })
  }

  /** Answers why the session broke, or nothing when it is to end. */
  async function untilBroken(opened: Session): Promise<Error | undefined> {
    session = opened
    try {
      // Taken before the look, so that no ring is missed.
      const closed = closing.next()
      if (isClosed) return undefined
      return (await Promise.race([opened.broken, closed])) ?? undefined
    } finally {
      session = undefined
    }
  }

  const running = run()
  return {
    assigned: assigned.promise,
    progress: () => (isClosed ? [] : (session?.progress() ?? [])),
    lastPollTimeMs: () => lastPollTimeMs,
    restarts: () => restarts,
    failure: () => (isClosed ? undefined : failure),
    [Symbol.asyncDispose]() {
      isClosed = true
      closing.ring()
      closed ??= running
      return closed
    },
  }
}
