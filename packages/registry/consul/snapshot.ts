import type { Instance } from '../port.ts'

export interface SnapshotOptions {
  /** How long instances are kept that may be missing only because Consul has forgotten them, in milliseconds. */
  readonly graceMs: number
  /** Milliseconds that never go back. */
  readonly clock: () => number
}

/** What Consul last said of a service, and what it said before that may still be true. */
export interface Snapshot {
  /** Sorted by id. The same array for as long as nothing changes. */
  readonly instances: readonly Instance[]
  /** Says that Consul was away, or has gone back in time: what it says next may lack instances that are there. */
  interrupt(): void
  /** Takes what Consul says. */
  accept(found: readonly Instance[]): void
  /** Until the first is let go that is kept without Consul's word, in milliseconds; undefined when none is. */
  graceLeftMs(): number | undefined
}

/**
 * Believes Consul in what it shows, and at once in what it does not show any more, but for two cases: the first answer
 * after an interruption, and an answer with nothing after one with something. A Consul that was restarted and lost its
 * state looks like either. What is missing then is kept until it is shown again or the grace is over, which leaves
 * instances the time to register again; by then, what is still missing has really left.
 */
export function createSnapshot({ graceMs, clock }: SnapshotOptions): Snapshot {
  let instances: readonly Instance[] = []
  /** Until when each is kept that is missing, by its id. */
  let heldUntilMs = new Map<string, number>()
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
      // What is held already has its time: a Consul that fails now and then does not lengthen it.
      const newUntilMs = isInterrupted || found.length === 0 ? nowMs + graceMs : nowMs
      const untilMs = ({ id }: Instance) => heldUntilMs.get(id) ?? newUntilMs
      const held = instances.filter((one) => !ids.has(one.id) && nowMs < untilMs(one))
      heldUntilMs = new Map(held.map((one) => [one.id, untilMs(one)]))
      isInterrupted = false
      const next = [...found, ...held].sort((a, b) => (a.id < b.id ? -1 : 1))
      if (!isSame(instances, next)) instances = next
    },
    graceLeftMs() {
      if (heldUntilMs.size === 0) return undefined
      return Math.max(Math.min(...heldUntilMs.values()) - clock(), 0)
    },
  }
}

function isSame(some: readonly Instance[], others: readonly Instance[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, url }, index) => id === others[index]?.id && url === others[index].url)
  )
}
