import { setImmediate } from 'node:timers/promises'
import { backOff } from '../back-off.ts'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { PositionLostError } from '../position-lost.ts'
import { createWakeUp, within } from '../wake-up.ts'
import type { LogFile } from './file.ts'
import type { Lease } from './lease.ts'

/** Interval at which the lease is renewed and positions are written, in milliseconds. */
const heartbeatIntervalMs = 1_500
/** Interval at which a process that waits for the lease tries to acquire it, in milliseconds. */
const leaseRetryMs = 250
/** Timeout of the last batch of a consumer that leaves, in milliseconds. */
const leaveTimeoutMs = 10_000
/** Interval at which old records are removed, in milliseconds. */
const pruneIntervalMs = 60_000

export interface GroupOptions {
  readonly topic: string
  readonly group: string
  readonly file: LogFile
  readonly lease: Lease
  readonly pollIntervalMs: number
  readonly retentionMs: number
  readonly clock: () => number
}

/** A consumer in the group. */
export interface Member {
  readonly options: ConsumeOptions
  lastPollTimeMs: number | undefined
}

/** The consumers of one group and topic in this process. */
export interface Group {
  join(member: Member): void
  /**
   * Resolves when the member's batch in flight is finished and, for the last member, when the lease
   * is released.
   */
  leave(member: Member): Promise<void>
  progress(member: Member): PartitionProgress[]
  /** Returns the process that consumes instead, if it is another one. */
  waitsFor(): string | undefined
  /** Reports that there are new records. */
  wake(): void
}

/**
 * State of a partition while this process holds the lease. One loop at a time runs for it, whoever
 * its owner is.
 */
interface Slot {
  readonly id: number
  readonly partition: number
  position: number
  /** Last result of the owner's `position` or `handle`. */
  returned: number | undefined
  /** Member whose start position was determined. */
  assigned: Member | undefined
  inFlight: { readonly member: Member; readonly done: Promise<boolean> } | undefined
  idle: boolean
  failing: boolean
}

export function createGroup(options: GroupOptions): Group {
  const { topic, group, file, lease, pollIntervalMs, retentionMs, clock } = options
  const members: Member[] = []
  /** Signals that there may be records, and everything that `changed` signals. */
  const mayHaveRecords = createWakeUp()
  /** Signals that the members or the lease changed. */
  const changed = createWakeUp()
  let slots: readonly Slot[] = []
  let held = false
  let running: Promise<void> | undefined
  let version: number | undefined
  let pruneDueMs = clock() + pruneIntervalMs

  const ownerOf = (slot: Slot): Member | undefined =>
    held ? members[slot.partition % members.length] : undefined

  function change(): void {
    changed.signal()
    mayHaveRecords.signal()
  }

  function attempt<T>(body: () => T): T | undefined {
    try {
      return body()
    } catch (error) {
      for (const member of members) member.options.onError?.(error as Error)
      return undefined
    }
  }

  function newSlot(id: number, partition: number): Slot {
    const position = file.groupPosition(group, id) ?? file.oldest(id)
    const initial = {
      returned: undefined,
      assigned: undefined,
      inFlight: undefined,
      idle: false,
      failing: false,
    }
    return { id, partition, position, ...initial }
  }

  async function run(): Promise<void> {
    while (members.length > 0) {
      const taken = attempt(() =>
        lease.acquire() ? file.partitions(topic).map(newSlot) : undefined,
      )
      if (taken === undefined) {
        await changed.sleep(leaseRetryMs)
        continue
      }
      slots = taken
      held = true
      // From now on, no record is removed that this group has not passed.
      attempt(commit)
      const timers = [
        setInterval(heartbeat, heartbeatIntervalMs),
        setInterval(watch, pollIntervalMs),
      ]
      await Promise.all(slots.map(consume))
      for (const timer of timers) clearInterval(timer)
      if (held) attempt(commit)
      attempt(() => lease.release())
      held = false
      slots = []
    }
    running = undefined
  }

  async function consume(slot: Slot): Promise<void> {
    let failures = 0
    for (let member = ownerOf(slot); member !== undefined; member = ownerOf(slot)) {
      const signalled = mayHaveRecords.next()
      try {
        const done = step(slot, member)
        slot.inFlight = { member, done }
        const more = await done
        failures = 0
        slot.failing = false
        // The rest of the process can run after each batch, whatever the backlog.
        await (more ? setImmediate() : signalled)
      } catch (error) {
        failures += 1
        slot.failing = true
        if (error instanceof PositionLostError) slot.assigned = undefined
        member.options.onError?.(error as Error)
        if (ownerOf(slot) === member) await changed.sleep(backOff(failures))
      }
    }
  }

  /**
   * Determines the start position, or handles a batch. Returns false when there was nothing to do.
   */
  async function step(slot: Slot, member: Member): Promise<boolean> {
    const { options } = member
    if (slot.assigned !== member) {
      slot.idle = false
      slot.returned = await startOf(slot, options)
      slot.position = slot.returned ?? file.oldest(slot.id)
      slot.assigned = member
      return true
    }
    member.lastPollTimeMs = clock()
    const records = file.read(slot.id, slot.position, options.batchSizeMax)
    slot.idle = records.length === 0
    if (slot.idle) {
      checkPosition(slot)
      return false
    }
    const { partition, returned } = slot
    const log = file.identity()
    slot.position = await options.handle({ partition, log, position: returned, records })
    slot.returned = slot.position
    return true
  }

  async function startOf(
    { id, partition }: Slot,
    options: ConsumeOptions,
  ): Promise<number | undefined> {
    return options.position ? await options.position(partition) : file.groupPosition(group, id)
  }

  /**
   * Without this check, a position that the log has never reached would wait for ever, without an
   * error.
   */
  function checkPosition({ id, partition, position }: Slot): void {
    const end = file.end(id)
    if (position <= end && Number.isSafeInteger(position)) return
    const where = `partition ${partition} of topic ${topic}`
    throw new PositionLostError(`position ${position} is past the end (${end}) of ${where}`)
  }

  /** Notices records of other processes. Failures show in the steps that it wakes. */
  function watch(): void {
    let seen: number | undefined
    try {
      seen = file.version()
    } catch {
      seen = undefined
    }
    for (const slot of slots) {
      if (slot.idle && slot.assigned !== undefined) slot.assigned.lastPollTimeMs = clock()
    }
    if (seen !== undefined && seen === version) return
    version = seen
    mayHaveRecords.signal()
  }

  function heartbeat(): void {
    held = attempt(() => lease.renew()) ?? held
    if (held) {
      attempt(commit)
      attempt(prune)
    } else change()
  }

  function commit(): void {
    const moved = slots.filter((slot) => slot.position !== file.groupPosition(group, slot.id))
    if (moved.length > 0) file.setGroupPositions(group, moved, clock())
  }

  function prune(): void {
    if (clock() < pruneDueMs) return
    const removed = file.prune(clock() - retentionMs)
    if (removed === 0) pruneDueMs = clock() + pruneIntervalMs
  }

  return {
    join(member) {
      members.push(member)
      change()
      running ??= run()
    },
    async leave(member) {
      members.splice(members.indexOf(member), 1)
      change()
      const inFlight = slots.flatMap(({ inFlight }) => (inFlight ? [inFlight] : []))
      const own = inFlight.filter((step) => step.member === member).map((step) => step.done)
      const released = members.length === 0 ? Promise.race([running, changed.next()]) : undefined
      const finished = Promise.all([Promise.allSettled(own), released])
      if (await within(finished, leaveTimeoutMs)) return
      throw new Error(`a batch of topic ${topic} was not finished within ${leaveTimeoutMs} ms`)
    },
    progress(member) {
      const own = slots.filter((slot) => ownerOf(slot) === member)
      return own.map((slot) => {
        const { id, partition, failing } = slot
        // Until its start position is known, all of it may be left to handle.
        const isStarted = slot.assigned === member
        const position = isStarted ? slot.position : (attempt(() => file.oldest(id)) ?? 0)
        const lag = Math.max(0, (attempt(() => file.end(id)) ?? 0) - position)
        return { partition, position, lag, failing }
      })
    },
    waitsFor: () => (held ? undefined : lease.holder()),
    wake: () => mayHaveRecords.signal(),
  }
}
