import type { Instance } from '../port.ts'

export interface SnapshotOptions {
  /**
   * Time that instances are kept that may be missing only because Consul lost its state, in
   * milliseconds.
   */
  readonly graceMs: number
  /** Monotonic clock, in milliseconds. */
  readonly clock: () => number
}

/**
 * Instances of a service in Consul's last response, and instances of earlier ones that may still
 * exist.
 */
export interface Snapshot {
  /** Instances sorted by id. The same array as long as nothing changes. */
  readonly instances: readonly Instance[]
  /**
   * Reports that Consul was unavailable or lost its state: its next response may lack instances
   * that exist.
   */
  interrupt(): void
  /** Takes the instances of a response. */
  accept(found: readonly Instance[]): void
  /**
   * Returns the time until the first kept instance is dropped, in milliseconds. `undefined` when
   * none is kept.
   */
  graceLeftMs(): number | undefined
}

/**
 * Creates an empty snapshot.
 *
 * A missing instance is dropped immediately, except in two cases: in the first response after an
 * interruption, and in an empty response after a non-empty one. A Consul that restarted without its
 * state looks like either. The missing instances are then kept until they appear again or the grace
 * period ends, so that they have time to register again.
 */
export function createSnapshot({ graceMs, clock }: SnapshotOptions): Snapshot {
  let instances: readonly Instance[] = []
  /** Time until which each missing instance is kept, by its id. */
  let keptUntilMs = new Map<string, number>()
  let isInterrupted = false
  return {
    get instances() {
      return instances
    },
    interrupt() {
      isInterrupted = true
    },
    accept(found) {
      const nowMs = clock()
      const ids = new Set(found.map(({ id }) => id))
      // A kept instance keeps its deadline: repeated failures of Consul do not extend it.
      const newUntilMs = isInterrupted || found.length === 0 ? nowMs + graceMs : nowMs
      const untilMs = ({ id }: Instance) => keptUntilMs.get(id) ?? newUntilMs
      const kept = instances.filter((one) => !ids.has(one.id) && nowMs < untilMs(one))
      keptUntilMs = new Map(kept.map((one) => [one.id, untilMs(one)]))
      isInterrupted = false
      const next = [...found, ...kept].sort((a, b) => (a.id < b.id ? -1 : 1))
      if (!isSame(instances, next)) instances = next
    },
    graceLeftMs() {
      if (keptUntilMs.size === 0) return undefined
      return Math.max(Math.min(...keptUntilMs.values()) - clock(), 0)
    },
  }
}

function isSame(some: readonly Instance[], others: readonly Instance[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, url }, index) => id === others[index]?.id && url === others[index].url)
  )
}
