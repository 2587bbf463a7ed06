import { setImmediate } from 'node:timers/promises'
import { backOff } from '../back-off.ts'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { PositionLostError } from '../position-lost.ts'
import { createWakeUp, within } from '../wake-up.ts'
import type { LogFile } from './file.ts'
import type { Lease } from './lease.ts'

/** How often the lease is renewed, and the positions written, in milliseconds. */
const heartbeatIntervalMs = 1_500
/** How often a process that waits for the lease tries again, in milliseconds. */
const leaseRetryMs = 250
/** How long a leaving consumer's batch may take, in milliseconds. */
const leaveTimeoutMs = 10_000
/** How often old records are looked for, in milliseconds. */
const pruneIntervalMs = 60_000

export interface GroupOptions {
  readonly topic: string
  readonly group: string
  readonly file: LogFile
  readonly lease: Lease
  readonly pollIntervalMs: number
  readonly retentionMs: number
  readonly clock: () => number
  readonly random: () => number
}

/** A consumer in the group. */
export interface Member {
  readonly options: ConsumeOptions
  lastPollTimeMs: number | undefined
}

/** The consumers of one group and topic in this process. */
export interface Group {
  join(member: Member): void
  /** Resolves when its batch at hand is finished, and for the last member with the lease released. */
  leave(member: Member): Promise<void>
  progress(member: Member): PartitionProgress[]
  /** Who consumes instead, where another process does. */
  waitsFor(): string | undefined
  /** Says that there are new records. */
  wake(): void
}

/** A partition while this process holds the lease. One loop at a time works on it, whoever its owner is. */
interface Slot {
  readonly id: number
  readonly partition: number
  position: number
  /** The position as its owner has answered it. */
  answered: number | undefined
  /** Who was asked for the position. */
  assigned: Member | undefined
  underway: { readonly member: Member; readonly done: Promise<boolean> } | undefined
  idle: boolean
  failing: boolean
}

export function createGroup(options: GroupOptions): Group {
  const { topic, group, file, lease, pollIntervalMs, retentionMs, clock, random } = options
  const members: Member[] = []
  /** Signals when there may be records, and when `changed` does. */
  const news = createWakeUp()
  /** Signals when the members or the lease changed. */
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
    news.signal()
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
    const nothing = {
      answered: undefined,
      assigned: undefined,
      underway: undefined,
      idle: false,
      failing: false,
    }
    return { id, partition, position, ...nothing }
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
      // From now on nothing is pruned that this group has not passed.
      attempt(commit)
      const timers = [setInterval(beat, heartbeatIntervalMs), setInterval(watch, pollIntervalMs)]
      await Promise.all(slots.map(work))
      for (const timer of timers) clearInterval(timer)
      if (held) attempt(commit)
      attempt(() => lease.release())
      held = false
      slots = []
    }
    running = undefined
  }

  async function work(slot: Slot): Promise<void> {
    let failures = 0
    for (let member = ownerOf(slot); member !== undefined; member = ownerOf(slot)) {
      const heard = news.next()
      try {
        const done = step(slot, member)
        slot.underway = { member, done }
        const more = await done
        failures = 0
        slot.failing = false
        // Whatever the backlog, the rest of the process gets its turn after each batch.
        await (more ? setImmediate() : heard)
      } catch (error) {
        failures += 1
        slot.failing = true
        if (error instanceof PositionLostError) slot.assigned = undefined
        member.options.onError?.(error as Error)
        if (ownerOf(slot) === member) await changed.sleep(backOff(failures, random))
      }
    }
  }

  /** Asks for the position, or handles a batch. False when there was nothing to do. */
  async function step(slot: Slot, member: Member): Promise<boolean> {
    const { options } = member
    if (slot.assigned !== member) {
      slot.idle = false
      slot.answered = await startOf(slot, options)
      slot.position = slot.answered ?? file.oldest(slot.id)
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
    const { partition, answered } = slot
    const log = file.identity()
    slot.position = await options.handle({ partition, log, position: answered, records })
    slot.answered = slot.position
    return true
  }

  async function startOf(
    { id, partition }: Slot,
    options: ConsumeOptions,
  ): Promise<number | undefined> {
    return options.position ? await options.position(partition) : file.groupPosition(group, id)
  }

  /** A position that the log has never reached would otherwise wait for ever, without a word. */
  function checkPosition({ id, partition, position }: Slot): void {
    const end = file.end(id)
    if (position <= end && Number.isSafeInteger(position)) return
    const where = `partition ${partition} of topic ${topic}`
    throw new PositionLostError(`position ${position} is past the end (${end}) of ${where}`)
  }

  /** Between batches, sees what other processes append. Its failures show in the steps it wakes. */
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
    news.signal()
  }

  function beat(): void {
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
      const underway = slots.flatMap(({ underway }) => (underway ? [underway] : []))
      const own = underway.filter((step) => step.member === member).map((step) => step.done)
      const released = members.length === 0 ? Promise.race([running, changed.next()]) : undefined
      const finished = Promise.all([Promise.allSettled(own), released])
      if (await within(finished, leaveTimeoutMs)) return
      throw new Error(`a batch of topic ${topic} was not finished within ${leaveTimeoutMs} ms`)
    },
    progress(member) {
      const own = slots.filter((slot) => ownerOf(slot) === member)
      return own.map((slot) => {
        const { id, partition, failing } = slot
        // Until its owner has been asked, everything may be left to handle.
        const isPlaced = slot.assigned === member
        const position = isPlaced ? slot.position : (attempt(() => file.oldest(id)) ?? 0)
        const lag = Math.max(0, (attempt(() => file.end(id)) ?? 0) - position)
        return { partition, position, lag, failing }
      })
    },
    waitsFor: () => (held ? undefined : lease.holder()),
    wake: () => news.signal(),
  }
}
