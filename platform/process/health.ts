/** Says why something is not ready, or nothing when it is. Never waits. */
export type Condition = () => string | undefined

/** A condition that does not hold. */
export interface Problem {
  readonly name: string
  readonly reason: string
}

/** Why a call ends that cannot go on because the process is about to end. */
export class ShutdownError extends Error {
  override readonly name = 'ShutdownError'
  constructor() {
    super('the service is shutting down: call again')
  }
}

/** Whether the process can do its work. */
export interface Health {
  /** Adds a condition of readiness. */
  require(name: string, condition: Condition): void
  /** What keeps the process from being ready; nothing when it is. */
  problems(): Problem[]
  /** Aborted with a `ShutdownError` when the process is about to end: it is not ready any more. */
  readonly draining: AbortSignal
}

export function createHealth(draining: AbortSignal): Health {
  const conditions = new Map<string, Condition>()
  return {
    draining,
    require: (name, condition) => void conditions.set(name, condition),
    problems() {
      if (draining.aborted) return [{ name: 'process', reason: 'shutting down' }]
      return [...conditions].flatMap(([name, condition]) => {
        const reason = condition()
        return reason === undefined ? [] : [{ name, reason }]
      })
    },
  }
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
