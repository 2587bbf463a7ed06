import type { Instance, InstanceWatch } from '../resolver.ts'

/** After how many failures in a row an instance is set aside. */
export const failuresBeforeSetAside = 3
/** For how long an instance is first set aside, in milliseconds; each failed probe doubles it. */
export const setAsideMs = 1_000
/** For how long an instance is set aside at most, in milliseconds. */
export const setAsideMsMax = 30_000

/**
 * What a call says about the instance: it answered, it could not be reached or is not able to serve, or nothing (the
 * caller gave up).
 */
export type Outcome = 'success' | 'failure' | 'unknown'

/** An instance taken for one call. */
export interface Picked {
  readonly instance: Instance
  /** Says that the instance has answered, while the call, a stream, goes on. */
  answered(): void
  /** Ends the call. Has to be called once; a second time is harmless. */
  done(outcome: Outcome): void
}

/** Spreads calls over the instances of one service. */
export interface Balancer {
  /**
   * An instance for a call, another than those of `avoid` where there is one; undefined when none is known. Never
   * waits. An instance is answered as the same object for as long as it stays or its calls last.
   */
  pick(avoid?: ReadonlySet<Instance>): Picked | undefined
  /** Whether an instance is known that is not one of `avoid`. */
  hasOther(avoid: ReadonlySet<Instance>): boolean
}

export interface BalancerOptions {
  readonly watch: InstanceWatch
  /** From 0 to below 1. */
  readonly random?: () => number
  /** Milliseconds that never go back. */
  readonly clock?: () => number
  /** Called when an instance has left the watch and its last call has ended; noticed as calls begin and end. */
  readonly onDrained?: (instance: Instance) => void
}

/**
 * Picks, of two instances chosen at random, the one with fewer calls in flight (Mitzenmacher, "The Power of Two
 * Choices in Randomized Load Balancing"). An instance that fails `failuresBeforeSetAside` times in a row is set aside
 * for a while, then probed by one call: success brings it back, failure sets it aside for twice as long. When all are
 * set aside, they are used anyway. One that left the watch keeps the calls it has and gets no new ones.
 */
export function createBalancer(options: BalancerOptions): Balancer {
  const { watch, random = Math.random, clock = () => performance.now() } = options
  const roster = createRoster(watch, options.onDrained)
  return {
    hasOther: (avoid) => roster.present().some(({ instance }) => !avoid.has(instance)),
    pick(avoid = new Set()) {
      const nowMs = clock()
      const member = choose(roster.present(), avoid, random, nowMs)
      if (!member) return undefined
      let isProbe = isProbeDue(member, nowMs)
      if (isProbe) member.isProbed = true
      member.inFlight++
      let isDone = false
      return {
        instance: member.instance,
        answered() {
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
    },
  }
}

interface Member {
  readonly instance: Instance
  inFlight: number
  failuresInRow: number
  /** How many times in a row it was set aside; 0 when it is in use. */
  setAsideCount: number
  setAsideUntilMs: number
  isProbed: boolean
}

interface Roster {
  /** The members that the watch shows. */
  present(): readonly Member[]
  /** To be called when a call of the member has ended. */
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

/** An id that comes back at another address is another instance. */
function keyOf({ id, url }: Instance): string {
  return `${id} ${url}`
}

function createMember(instance: Instance): Member {
  return {
    instance,
    inFlight: 0,
    failuresInRow: 0,
    setAsideCount: 0,
    setAsideUntilMs: 0,
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
  const inUse = others.filter(({ setAsideCount }) => setAsideCount === 0)
  const candidates = [inUse, others, present].find(({ length }) => length > 0) ?? []
  return fewerInFlight(candidates, random)
}

function isProbeDue(member: Member, nowMs: number): boolean {
  return member.setAsideCount > 0 && member.setAsideUntilMs <= nowMs && !member.isProbed
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
  member.setAsideCount = 0
  member.isProbed = false
}

function countFailure(member: Member, isProbe: boolean, nowMs: number): void {
  member.failuresInRow++
  // Calls that were in flight when it was set aside fail together: only a probe may lengthen the time.
  const isDue = isProbe || member.setAsideCount === 0
  if (!isDue || member.failuresInRow < failuresBeforeSetAside) return
  const durationMs = Math.min(setAsideMs * 2 ** member.setAsideCount, setAsideMsMax)
  member.setAsideCount++
  member.setAsideUntilMs = nowMs + durationMs
}
