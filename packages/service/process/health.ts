/** Says why something is not ready, or nothing when it is. Never waits. */
export type Condition = () => string | undefined

/** A condition that does not hold. */
export interface Problem {
  readonly name: string
  readonly reason: string
}

/**
 * What a condition is about: `calls`, whether calls can be answered; `work`, whether the process does all of its work,
 * such as reading events; `life`, whether it has to be ended and started anew to go on.
 */
export type Concern = 'calls' | 'work' | 'life'

/** Whether the process can do its work. */
export interface Health {
  /** Adds a condition: one of `calls` unless told. */
  require(name: string, condition: Condition, concern?: Concern): void
  /** Adds what an operator should see beside the problems, and which is none. */
  note(name: string, condition: Condition): void
  /** What there is to see at present. */
  notes(): Problem[]
  /** What keeps the process from being ready, of all concerns or of one; nothing when it is. */
  problems(concern?: Concern): Problem[]
  /** Aborted with a `ShutdownError` when the process is about to end: it is not ready any more. */
  readonly draining: AbortSignal | undefined
}

export function createHealth(draining?: AbortSignal): Health {
  const conditions: { name: string; condition: Condition; concern: Concern }[] = []
  const notes: { name: string; condition: Condition }[] = []
  return {
    draining,
    note: (name, condition) => void notes.push({ name, condition }),
    notes: () => reasonsOf(notes),
    require: (name, condition, concern = 'calls') =>
      void conditions.push({ name, condition, concern }),
    problems(concern) {
      // A process that drains is alive: it must not be cut.
      if (draining?.aborted && concern === 'life') return []
      if (draining?.aborted) return [{ name: 'process', reason: 'shutting down' }]
      return reasonsOf(conditions.filter((one) => concern === undefined || one.concern === concern))
    },
  }
}

function reasonsOf(all: readonly { name: string; condition: Condition }[]): Problem[] {
  return all.flatMap(({ name, condition }) => {
    const reason = condition()
    return reason === undefined ? [] : [{ name, reason }]
  })
}

export interface ProbeOptions {
  /** Rejects when what is probed does not work. */
  readonly probe: () => Promise<unknown>
  readonly intervalMs?: number
  readonly timeoutMs?: number
}

/** A condition that holds while the probe, tried again and again, resolves in time. Disposing it ends the trying. */
export function startProbe({ probe, intervalMs = 2_000, timeoutMs = 1_000 }: ProbeOptions) {
  let reason: string | undefined
  let running = false
  const run = async () => {
    if (running) return
    running = true
    const late = setTimeout(() => {
      reason = `no answer within ${timeoutMs} ms`
    }, timeoutMs)
    try {
      await probe()
      reason = undefined
    } catch (error) {
      reason = (error as Error).message
    } finally {
      clearTimeout(late)
      running = false
    }
  }
  const timer = setInterval(run, intervalMs)
  return {
    condition: () => reason,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
