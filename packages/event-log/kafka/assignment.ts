import { setImmediate } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import { backOff } from '../back-off.ts'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { PositionLostError } from '../position-lost.ts'
import { createWakeUp } from '../wake-up.ts'
import type { PartitionControl } from './consumer.ts'
import type { KafkaIdentities } from './identity.ts'
import { toRecord } from './record.ts'
import type { PartitionBounds, Topics } from './topics.ts'

export interface AssignmentOptions {
  readonly consumer: PartitionControl
  readonly topics: Topics
  readonly identities: KafkaIdentities
  readonly options: ConsumeOptions
  readonly partitions: readonly number[]
  /** Interval of heartbeats to the group while a batch is handled, in milliseconds. */
  readonly heartbeatIntervalMs: number
  /** Called after each handled batch. The next batch waits for it. */
  onHandled(): Promise<void>
}

/** Partitions that the group assigned to this consumer, until the next rebalance. */
export interface Assignment {
  /**
   * Handles a batch that kafkajs fetched. After a failure, the rest is fetched again after a
   * back-off.
   */
  take(payload: EachBatchPayload): Promise<void>
  progress(): PartitionProgress[]
  /**
   * Updates the ends of the partitions. `before` is the progress from before the request for the
   * bounds: a partition that ends before its position belongs to another log.
   */
  updateEnds(
    bounds: ReadonlyMap<number, PartitionBounds>,
    before: readonly PartitionProgress[],
  ): void
  /** Returns whether a batch is being handled. */
  isBusy(): boolean
  /** Returns the position of each partition that changed since the last commit. */
  moved(): PartitionPosition[]
  /** Reports that these positions were committed. */
  committed(positions: readonly PartitionPosition[]): void
  /**
   * Reports that records that are never delivered, such as those of an aborted transaction, were
   * passed.
   */
  pass(partition: number, lastOffset: number): void
  /** Stops handling. Resolves when the batches in flight are finished. */
  close(): Promise<void>
}

export interface PartitionPosition {
  readonly partition: number
  readonly position: number
}

interface Slot {
  readonly partition: number
  /** `undefined` until the start position is known. */
  position: number | undefined
  /** Last result of `position` or `handle`. */
  returned: number | undefined
  end: number
  committed: number | undefined
  failures: number
  inFlight: Promise<void> | undefined
}

/**
 * Starts each partition at the result of `position`, whatever the group has committed. The
 * partition is paused until that is known. A partition that fails is paused for the back-off, so
 * that the others continue.
 */
export function createAssignment(assignment: AssignmentOptions): Assignment {
  const { consumer, topics, identities, options, partitions, heartbeatIntervalMs } = assignment
  const { topic } = options
  const slots = new Map(partitions.map((partition) => [partition, newSlot(partition)]))
  const closing = createWakeUp()
  let isClosed = false

  const nameOf = ({ partition }: Slot) => `partition ${partition} of topic ${topic}`
  const only = ({ partition }: Slot) => [{ topic, partitions: [partition] }]

  async function backOffAfter(slot: Slot, error: unknown): Promise<void> {
    slot.failures += 1
    options.onError?.(error as Error)
    await closing.sleep(backOff(slot.failures))
  }

  async function start(slot: Slot): Promise<void> {
    while (!isClosed) {
      try {
        const position = await findStart(slot)
        if (isClosed) return
        slot.position = position
        slot.failures = 0
        consumer.seek({ topic, partition: slot.partition, offset: String(position) })
        consumer.resume(only(slot))
        return
      } catch (error) {
        await backOffAfter(slot, error)
      }
    }
  }

  async function findStart(slot: Slot): Promise<number> {
    const { partition } = slot
    const position = options.position
      ? await options.position(partition)
      : await topics.committed(options.group, topic, partition)
    slot.returned = position
    const bounds = (await topics.bounds(topic)).get(partition)
    if (bounds === undefined) throw new Error(`topic ${topic} has no partition ${partition}`)
    if (position === undefined) return bounds.oldest
    if (position > bounds.end) {
      throw new Error(`position ${position} is past the end (${bounds.end}) of ${nameOf(slot)}`)
    }
    if (position < bounds.oldest) reportLoss(slot, position, bounds.oldest)
    return Math.max(position, bounds.oldest)
  }

  function reportLoss(slot: Slot, from: number, until: number): void {
    const lost = `records ${from} to ${until - 1} of ${nameOf(slot)} are gone before they were read`
    options.onError?.(new Error(`${lost}: increase the retention of the topic`))
  }

  /** Offsets may have gaps. Records before the oldest one existed, and were removed. */
  async function checkGap(slot: Slot, first: number): Promise<void> {
    const { position } = slot
    if (position === undefined || first <= position) return
    const oldest = (await topics.bounds(topic)).get(slot.partition)?.oldest ?? 0
    if (oldest > position) reportLoss(slot, position, Math.min(oldest, first))
  }

  /** Retries from where the batch failed: kafkajs fetches again what was not resolved. */
  async function retryLater(slot: Slot, error: unknown): Promise<void> {
    consumer.pause(only(slot))
    await backOffAfter(slot, error)
    if (!isClosed) consumer.resume(only(slot))
  }

  /** Determines the position again, after a failure that makes it invalid. */
  async function restartLater(slot: Slot, error: unknown): Promise<void> {
    slot.position = undefined
    consumer.pause(only(slot))
    await backOffAfter(slot, error)
    await start(slot)
  }

  async function handleAll(slot: Slot, payload: EachBatchPayload): Promise<void> {
    const { messages } = payload.batch
    for (let start = 0; start < messages.length && !isClosed; ) {
      const part = messages.slice(start, start + options.batchSizeMax)
      start += part.length
      const next = Number(part.at(-1)?.offset) + 1
      const records = part.map(toRecord)
      const { partition, returned } = slot
      const log = await identities.read(topic)
      const position = await options.handle({ partition, log, position: returned, records })
      slot.failures = 0
      slot.position = position
      slot.returned = position
      await assignment.onHandled()
      if (isClosed) return
      if (position !== next) {
        consumer.seek({ topic, partition: slot.partition, offset: String(position) })
        return
      }
      payload.resolveOffset(String(position - 1))
      if (start >= messages.length) slot.position = Number(payload.batch.lastOffset()) + 1
      // The rest of the process can run after each batch, whatever the backlog.
      await setImmediate()
      await payload.heartbeat().catch((cause: Error) => {
        throw new HeartbeatError(cause.message, { cause })
      })
    }
  }

  /**
   * Throws when the batch starts before the position: the topic may have been created again, with
   * fewer records.
   */
  function checkOffsets(slot: Slot, { batch }: EachBatchPayload): void {
    const first = Number(batch.firstOffset())
    if (slot.position === undefined || first >= slot.position) return
    throw new PositionLostError(
      `offset ${first} of ${nameOf(slot)} was read; expected ${slot.position} or later`,
    )
  }

  async function take(slot: Slot, payload: EachBatchPayload): Promise<void> {
    slot.end = Math.max(slot.end, Number(payload.batch.highWatermark))
    // Errors are ignored here. A rebalance also shows in the heartbeat after the batch, without
    // interrupting it.
    const beat = setInterval(() => payload.heartbeat().catch(() => {}), heartbeatIntervalMs)
    try {
      checkOffsets(slot, payload)
      await checkGap(slot, Number(payload.batch.firstOffset()))
      await handleAll(slot, payload)
    } catch (error) {
      if (error instanceof HeartbeatError) throw error.cause
      void (error instanceof PositionLostError ? restartLater : retryLater)(slot, error)
    } finally {
      clearInterval(beat)
    }
  }

  for (const slot of slots.values()) {
    consumer.pause(only(slot))
    void start(slot)
  }

  return {
    async take(payload) {
      const slot = slots.get(payload.batch.partition)
      if (isClosed || slot?.position === undefined) return
      slot.inFlight = take(slot, payload)
      try {
        await slot.inFlight
      } finally {
        slot.inFlight = undefined
      }
    },
    isBusy: () => [...slots.values()].some(({ inFlight }) => inFlight !== undefined),
    progress: () =>
      Array.from(slots.values(), ({ partition, position, end, failures }) => {
        const lag = Math.max(0, end - (position ?? end))
        return { partition, position: position ?? 0, lag, failing: failures > 0 }
      }),
    updateEnds(bounds, before) {
      for (const { partition, position } of before) {
        const [slot, end] = [slots.get(partition), bounds.get(partition)?.end]
        if (slot === undefined || end === undefined) continue
        slot.end = Math.max(end, slot.position ?? 0)
        if (end >= position || slot.position === undefined || slot.inFlight !== undefined) continue
        slot.end = end
        const problem = `ends at ${end}, before the position ${slot.position}`
        void restartLater(slot, new PositionLostError(`${nameOf(slot)} ${problem}`))
      }
    },
    moved() {
      const moved = [...slots.values()].filter(({ position, committed }) => position !== committed)
      return moved.flatMap(({ partition, position }) =>
        position === undefined ? [] : [{ partition, position }],
      )
    },
    committed(positions) {
      for (const { partition, position } of positions) {
        const slot = slots.get(partition)
        if (slot) slot.committed = position
      }
    },
    pass(partition, lastOffset) {
      const slot = slots.get(partition)
      if (slot?.position !== undefined) slot.position = Math.max(slot.position, lastOffset + 1)
    },
    async close() {
      isClosed = true
      closing.signal()
      await Promise.allSettled([...slots.values()].map(({ inFlight }) => inFlight))
    },
  }
}

function newSlot(partition: number): Slot {
  const unknown = {
    position: undefined,
    returned: undefined,
    committed: undefined,
    inFlight: undefined,
  }
  return { partition, end: 0, failures: 0, ...unknown }
}

/** Carries an error of a heartbeat, such as a rebalance of the group, on to kafkajs. */
class HeartbeatError extends Error {
  override readonly name = 'HeartbeatError'
}
