import type { Instance } from './port.ts'

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
  /** Until what is kept without Consul's word is let go, in milliseconds; undefined when there is nothing of the kind. */
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
  let held: readonly Instance[] = []
  let heldUntilMs = 0
  let isInterrupted = false
  return {
    get instances() {
      return instances
    },
    interrupt() {
      isInterrupted = true
    },
    accept(found) {
      const ids = new Set(found.map(({ id }) => id))
      const isMissing = ({ id }: Instance) => !ids.has(id)
      if (isInterrupted || (found.length === 0 && held.length === 0)) {
        held = instances.filter(isMissing)
        heldUntilMs = clock() + graceMs
      } else {
        held = clock() < heldUntilMs ? held.filter(isMissing) : []
      }
      isInterrupted = false
      const next = [...found, ...held].sort((a, b) => (a.id < b.id ? -1 : 1))
      if (!isSame(instances, next)) instances = next
    },
    graceLeftMs: () => (held.length > 0 ? Math.max(heldUntilMs - clock(), 0) : undefined),
  }
}

function isSame(some: readonly Instance[], others: readonly Instance[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, url }, index) => id === others[index]?.id && url === others[index].url)
  )
}
