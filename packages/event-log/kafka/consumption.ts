import { backOff } from '../back-off.ts'
import type { Consumption } from '../port.ts'
import { createWakeUp } from '../wake-up.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** A running consumer that is restarted whenever it fails. */
export interface KafkaConsumption extends Consumption {
  /** Resolves when the first assignment is made. */
  readonly assigned: Promise<void>
}

export interface ConsumptionOptions
  extends Omit<SessionOptions, 'formerMemberId' | 'onAssigned' | 'onPoll'> {
  /** Failure of an attempt before this one. The consumption counts as failing until it has joined. */
  readonly firstFailure?: Error | undefined
}

/**
 * Duration after which a session counts as stable and the back-off starts again, in milliseconds.
 */
const stableMs = 60_000

export function startConsumption(consumption: ConsumptionOptions): KafkaConsumption {
  const { topics, options } = consumption
  const assigned = Promise.withResolvers<void>()
  const closing = createWakeUp()
  let session: Session | undefined
  let lastPollTimeMs: number | undefined
  let memberId: string | undefined
  let restarts = 0
  let failure = consumption.firstFailure
  let isClosed = false
  let closed: Promise<void> | undefined

  async function run(): Promise<void> {
    for (let failures = 0; !isClosed; restarts += 1) {
      const startMs = Date.now()
      const isOver = await runSession()
      if (isOver) return
      failures = Date.now() - startMs > stableMs ? 1 : failures + 1
      await closing.sleep(backOff(failures))
    }
  }

  /** Returns true when the consumer was disposed, and false when it could not join or failed. */
  async function runSession(): Promise<boolean> {
    const closed = closing.next()
    const joining = join()
    const opened = await Promise.race([joining, closed]).catch((error: Error) => error)
    if (opened === undefined) {
      // Joining may wait for other members of the group. Disposal does not wait for that.
      void joining.then((late) => late.leave()).catch(() => {})
      return true
    }
    if (opened instanceof Error) {
      if (!isClosed) report(opened)
      return isClosed
    }
    const reason = await untilFailed(opened)
    if (reason === undefined) {
      await opened.leave()
      return true
    }
    // Report first, because leaving may take long. Errors of leaving are ignored: a failed consumer
    // may not be able to, and its reason is reported.
    report(reason)
    await opened.leave().catch(() => {})
    return false
  }

  function report(reason: Error): void {
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

  /** Returns why the session failed, or `undefined` when the consumer is disposed. */
  async function untilFailed(opened: Session): Promise<Error | undefined> {
    session = opened
    try {
      // Taken before the check, so that no signal is missed.
      const closed = closing.next()
      if (isClosed) return undefined
      return (await Promise.race([opened.failed, closed])) ?? undefined
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
