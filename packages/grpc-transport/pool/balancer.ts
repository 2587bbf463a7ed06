import type { Instance, InstanceWatch } from '../resolver.ts'

/** Number of failures in a row after which an instance is ejected. */
export const failuresBeforeEjection = 3
/** Duration of the first ejection of an instance, in milliseconds. Each failed probe doubles it. */
export const ejectionMs = 1_000
/** Maximum duration of an ejection, in milliseconds. */
export const ejectionMsMax = 30_000

/**
 * Result of a call as far as it concerns the instance: `success` when the instance responded,
 * `failure` when it was unreachable or unable to serve, `unknown` when the call ended before either
 * (the caller cancelled it).
 */
export type Outcome = 'success' | 'failure' | 'unknown'

/** An instance chosen for one call. */
export interface Picked {
  readonly instance: Instance
  /** Reports that the instance has responded while the call, a stream, continues. */
  responded(): void
  /** Reports the end of the call. Has to be called; calling it again has no effect. */
  done(outcome: Outcome): void
}

/** Spreads calls over the instances of one service. */
export interface Balancer {
  /**
   * Returns an instance for a call, or `undefined` when none is known. Prefers instances outside of
   * `avoid`. Never waits. Returns the same object for an instance for as long as the instance is
   * registered or has calls.
   */
  pick(avoid?: ReadonlySet<Instance>): Picked | undefined
  /** Returns the instance with the id, ejected or not, or `undefined` when none is known by it. */
  pickNamed(id: string): Picked | undefined
  /** Returns whether an instance outside of `avoid` is in use: known, and not ejected. */
  hasOther(avoid: ReadonlySet<Instance>): boolean
}

export interface BalancerOptions {
  readonly watch: InstanceWatch
  /** Returns a number from 0 to below 1. Default: `Math.random`. */
  readonly random?: () => number
  /** Returns the time of a monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly clock?: () => number
  /**
   * Called when an instance has left the watch and its last call has ended. Checked when calls
   * start and end.
   */
  readonly onDrained?: (instance: Instance) => void
}

/**
 * Picks two instances at random, and chooses the one with fewer calls in flight (Mitzenmacher, "The
 * Power of Two Choices in Randomized Load Balancing"). An instance that fails
 * `failuresBeforeEjection` times in a row is ejected for a while. Then one call probes it: success
 * restores it, failure ejects it for twice as long. When all instances are ejected, calls use them
 * anyway. An instance that has left the watch keeps its calls and gets no new ones.
 */
export function createBalancer(options: BalancerOptions): Balancer {
  const { watch, random = Math.random, clock = () => performance.now() } = options
  const roster = createRoster(watch, options.onDrained)
  return {
    hasOther: (avoid) =>
      roster
        .present()
        .some(({ instance, ejectionCount }) => ejectionCount === 0 && !avoid.has(instance)),
    pick(avoid = new Set()) {
      const member = choose(roster.present(), avoid, random, clock())
      return member && lend(member, roster, clock)
    },
    pickNamed(id) {
      const member = roster.present().find(({ instance }) => instance.id === id)
      return member && lend(member, roster, clock)
    },
  }
}

/** Counts a call to the member from now until it is done. */
function lend(member: Member, roster: Roster, clock: () => number): Picked {
  let isProbe = isProbeDue(member, clock())
  if (isProbe) member.isProbed = true
  member.inFlight++
  let isDone = false
  return {
    instance: member.instance,
    responded() {
      isProbe = false
      restore(member)
    },
    done(outcome) {
      if (isDone) return
      isDone = true
      member.inFlight--
      if (isProbe) member.isProbed = false
      if (outcome === 'success') restore(member)
      if (outcome === 'failure') countFailure(member, isProbe, clock())
      roster.release(member)
    },
  }
}

interface Member {
  readonly instance: Instance
  inFlight: number
  failuresInRow: number
  /** Number of ejections in a row. 0 while calls use the instance. */
  ejectionCount: number
  ejectedUntilMs: number
  isProbed: boolean
}

interface Roster {
  /** Returns the instances that the watch has now. */
  present(): readonly Member[]
  /** Called when a call of the member has ended. */
  release(member: Member): void
}

function createRoster(
  watch: InstanceWatch,
  onDrained: (instance: Instance) => void = () => {},
): Roster {
  const members = new Map<string, Member>()
  let snapshot: readonly Instance[] = []
  let present = new Set<Member>()

  function follow(): void {
    if (snapshot === watch.instances) return
    snapshot = watch.instances
    present = new Set(snapshot.map(memberOf))
    for (const member of members.values()) dropDrained(member)
  }

  function memberOf(instance: Instance): Member {
    const key = keyOf(instance)
    const member = members.get(key) ?? createMember(instance)
    members.set(key, member)
    return member
  }

  function dropDrained(member: Member): void {
    if (present.has(member) || member.inFlight > 0) return
    if (members.delete(keyOf(member.instance))) onDrained(member.instance)
  }

  return {
    present() {
      follow()
      return [...present]
    },
    release(member) {
      follow()
      dropDrained(member)
    },
  }
}

/** An id that returns at another address is another instance. */
function keyOf({ id, url }: Instance): string {
  return `${id} ${url}`
}

function createMember(instance: Instance): Member {
  return {
    instance,
    inFlight: 0,
    failuresInRow: 0,
    ejectionCount: 0,
    ejectedUntilMs: 0,
    isProbed: false,
  }
}

function choose(
  present: readonly Member[],
  avoid: ReadonlySet<Instance>,
  random: () => number,
  nowMs: number,
): Member | undefined {
  const others = present.filter(({ instance }) => !avoid.has(instance))
  const due = others.find((member) => isProbeDue(member, nowMs))
  if (due) return due
  const inUse = others.filter(({ ejectionCount }) => ejectionCount === 0)
  const candidates = [inUse, others, present].find(({ length }) => length > 0) ?? []
  return fewerInFlight(candidates, random)
}

function isProbeDue(member: Member, nowMs: number): boolean {
  return member.ejectionCount > 0 && member.ejectedUntilMs <= nowMs && !member.isProbed
}

function fewerInFlight(candidates: readonly Member[], random: () => number): Member | undefined {
  const firstIndex = Math.floor(random() * candidates.length)
  const step = 1 + Math.floor(random() * (candidates.length - 1))
  const first = candidates[firstIndex]
  const second = candidates[(firstIndex + step) % candidates.length]
  return first && second && second.inFlight < first.inFlight ? second : first
}

function restore(member: Member): void {
  member.failuresInRow = 0
  member.ejectionCount = 0
  member.isProbed = false
}

function countFailure(member: Member, isProbe: boolean, nowMs: number): void {
  member.failuresInRow++
  // Calls that were in flight at the ejection fail together, so only a probe may prolong it.
  const isDue = isProbe || member.ejectionCount === 0
  if (!isDue || member.failuresInRow < failuresBeforeEjection) return
  const durationMs = Math.min(ejectionMs * 2 ** member.ejectionCount, ejectionMsMax)
  member.ejectionCount++
  member.ejectedUntilMs = nowMs + durationMs
}
