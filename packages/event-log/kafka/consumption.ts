import { backOff } from '../back-off.ts'
import type { Consumption } from '../port.ts'
import { createWakeUp } from '../wake-up.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

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
  const closing = createWakeUp()
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
      const isOver = await live()
      if (isOver) return
      failures = clock() - startMs > steadyMs ? 1 : failures + 1
      await closing.sleep(backOff(failures, random))
    }
  }

  /** Answers whether the consumer was to end; false when it could not join, or broke. */
  async function live(): Promise<boolean> {
    const closed = closing.next()
    const joining = join()
    const opened = await Promise.race([joining, closed]).catch((error: Error) => error)
    if (opened === undefined) {
      // A group that waits for another consumer does not hold up who is not in it yet.
      void joining.then((late) => late.leave()).catch(() => {})
      return true
    }
    if (opened instanceof Error) {
      if (!isClosed) tell(opened)
      return isClosed
    }
    const reason = await untilBroken(opened)
    if (reason === undefined) {
      await opened.leave()
      return true
    }
    // Before it leaves, which may take long. What is broken may not be able to, and has told why already.
    tell(reason)
    await opened.leave().catch(() => {})
    return false
  }

  function tell(reason: Error): void {
    failure = reason
    options.onError?.(reason)
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
    waitsFor: () => (session?.progress().length === 0 ? 'other consumers of the group' : undefined),
    failure: () => (isClosed ? undefined : failure),
    [Symbol.asyncDispose]() {
      isClosed = true
      closing.signal()
      closed ??= running
      return closed
    },
  }
}
