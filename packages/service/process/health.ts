/** Returns the reason why something is not ready, or `undefined` when it is ready. Never waits. */
export type Condition = () => string | undefined

/** A condition that is not met. */
export interface Problem {
  readonly name: string
  readonly reason: string
}

/**
 * Subject of a condition: `calls`, responding to calls; `work`, other work, such as reading events;
 * `life`, a state that only a restart of the process can leave.
 */
export type Concern = 'calls' | 'work' | 'life'

/** Conditions that the process needs to do its work. */
export interface Health {
  /** Adds a condition. Default concern: `calls`. */
  require(name: string, condition: Condition, concern?: Concern): void
  /** Adds a note for operators that is not a problem. */
  note(name: string, condition: Condition): void
  /** Returns the current notes. */
  notes(): Problem[]
  /**
   * Returns the conditions that are not met, of one concern or of all. Empty when the process is
   * ready.
   */
  problems(concern?: Concern): Problem[]
  /** Aborted with a `ShutdownError` when the process shuts down. It is not ready from then on. */
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
      // A process that drains is alive: nobody should kill it.
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
  /** Rejects when the probed part does not work. */
  readonly probe: () => Promise<unknown>
  readonly intervalMs?: number
  readonly timeoutMs?: number
}

/**
 * Runs a probe now, and again until disposed. The condition is met while the probe resolves in time.
 */
export function startProbe({ probe, intervalMs = 2_000, timeoutMs = 1_000 }: ProbeOptions) {
  let reason: string | undefined
  let running = false
  const run = async () => {
    if (running) return
    running = true
    const late = setTimeout(() => {
      reason = `no response within ${timeoutMs} ms`
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
  void run()
  const timer = setInterval(run, intervalMs)
  return {
    condition: () => reason,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
