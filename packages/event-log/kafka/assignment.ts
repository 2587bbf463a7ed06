import { setImmediate } from 'node:timers/promises'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { backOff } from '../back-off.ts'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { PositionLostError } from '../position-lost.ts'
import { createWakeUp } from '../wake-up.ts'
import type { KafkaIdentities } from './identity.ts'
import { toRecord } from './record.ts'
import type { PartitionBounds, Topics } from './topics.ts'

export interface AssignmentOptions {
  readonly consumer: Pick<Consumer, 'seek' | 'pause' | 'resume'>
  readonly topics: Topics
  readonly identities: KafkaIdentities
  readonly options: ConsumeOptions
  readonly partitions: readonly number[]
  /** How often the group is told that this consumer lives while a batch is being handled, in milliseconds. */
  readonly heartbeatIntervalMs: number
  /** 0 to 1, for the jitter of back-offs. */
  readonly random: () => number
  /** Told of each batch that was handled; the next one waits for it. */
  onHandled(): Promise<void>
}

/** The partitions that one round of the group gave to this consumer, until the next round. */
export interface Assignment {
  /** Handles what kafkajs fetched of a partition; what fails is fetched again after a back-off. */
  take(payload: EachBatchPayload): Promise<void>
  progress(): PartitionProgress[]
  /**
   * Takes the bounds of the partitions, and the progress from before they were asked for: a partition that ends before
   * its position is another log's.
   */
  see(bounds: ReadonlyMap<number, PartitionBounds>, before: readonly PartitionProgress[]): void
  /** Whether a batch is being handled. */
  isBusy(): boolean
  /** The position of each partition that moved since it was last told. */
  moved(): PartitionPosition[]
  /** Takes note that the group has been told these positions. */
  told(positions: readonly PartitionPosition[]): void
  /** Takes note that records which are not shown, such as those of an aborted transaction, were passed. */
  pass(partition: number, lastOffset: number): void
  /** Handles nothing more. Resolves when the batches at hand are finished. */
  close(): Promise<void>
}

export interface PartitionPosition {
  readonly partition: number
  readonly position: number
}

interface Slot {
  readonly partition: number
  /** Undefined until the owner has told where to start. */
  position: number | undefined
  /** The position as the owner has answered it. */
  answered: number | undefined
  end: number
  told: number | undefined
  failures: number
  busy: Promise<void> | undefined
}

/**
 * Starts each partition where `position` says, whatever the group has committed: it stays paused until that is known.
 * A partition that fails is paused for the back-off, so that the others go on.
 */
export function createAssignment(assignment: AssignmentOptions): Assignment {
  const { topics, identities, options, partitions, heartbeatIntervalMs, random } = assignment
  const consumer = whileThere(assignment.consumer)
  const { topic } = options
  const slots = new Map(partitions.map((partition) => [partition, newSlot(partition)]))
  const closing = createWakeUp()
  let isClosed = false

  const only = ({ partition }: Slot) => [{ topic, partitions: [partition] }]

  async function failed(slot: Slot, error: unknown): Promise<void> {
    slot.failures += 1
    options.onError?.(error as Error)
    await closing.sleep(backOff(slot.failures, random))
  }

  async function place(slot: Slot): Promise<void> {
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
        await failed(slot, error)
      }
    }
  }

  async function findStart(slot: Slot): Promise<number> {
    const { partition } = slot
    const position = options.position
      ? await options.position(partition)
      : await topics.committed(options.group, topic, partition)
    slot.answered = position
    const bounds = (await topics.bounds(topic)).get(partition)
    if (bounds === undefined) throw new Error(`topic ${topic} has no partition ${partition}`)
    if (position === undefined) return bounds.oldest
    const where = `partition ${partition} of topic ${topic}`
    if (position > bounds.end) {
      throw new Error(`position ${position} is past the end (${bounds.end}) of ${where}`)
    }
    if (position < bounds.oldest) tellLoss(slot, position, bounds.oldest)
    return Math.max(position, bounds.oldest)
  }

  function tellLoss({ partition }: Slot, from: number, until: number): void {
    const lost = `records ${from} to ${until - 1} of partition ${partition} of topic ${topic} are gone`
    options.onError?.(new Error(`${lost}, unread: the log kept them for too short a time`))
  }

  /** Offsets may have gaps; what lies before the oldest record was there, and is not any more. */
  async function checkGap(slot: Slot, first: number): Promise<void> {
    const { position } = slot
    if (position === undefined || first <= position) return
    const oldest = (await topics.bounds(topic)).get(slot.partition)?.oldest ?? 0
    if (oldest > position) tellLoss(slot, position, Math.min(oldest, first))
  }

  /** After a failure, from where it failed: kafkajs fetches again what was not resolved. */
  async function retryLater(slot: Slot, error: unknown): Promise<void> {
    consumer.pause(only(slot))
    await failed(slot, error)
    if (!isClosed) consumer.resume(only(slot))
  }

  /** After a failure that says that the position does not count any more: it has to be found again. */
  async function placeLater(slot: Slot, error: unknown): Promise<void> {
    slot.position = undefined
    consumer.pause(only(slot))
    await failed(slot, error)
    await place(slot)
  }

  async function handleAll(slot: Slot, payload: EachBatchPayload): Promise<void> {
    const { messages } = payload.batch
    for (let start = 0; start < messages.length && !isClosed; ) {
      const part = messages.slice(start, start + options.batchSizeMax)
      start += part.length
      const next = Number(part.at(-1)?.offset) + 1
      const records = part.map(toRecord)
      const { partition, answered } = slot
      const log = await identities.read(topic)
      const answer = await options.handle({ partition, log, position: answered, records })
      slot.failures = 0
      slot.position = answer
      slot.answered = answer
      await assignment.onHandled()
      if (isClosed) return
      if (answer !== next) {
        consumer.seek({ topic, partition: slot.partition, offset: String(answer) })
        return
      }
      payload.resolveOffset(String(answer - 1))
      if (start >= messages.length) slot.position = Number(payload.batch.lastOffset()) + 1
      // Whatever the backlog, the rest of the process gets its turn after each batch.
      await setImmediate()
      await payload.heartbeat().catch((cause: Error) => {
        throw new HeartbeatError(cause.message, { cause })
      })
    }
  }

  /** The topic may have been made again, with fewer records: then the start has to be found again. */
  function checkOffsets(slot: Slot, { batch }: EachBatchPayload): void {
    const first = Number(batch.firstOffset())
    if (slot.position === undefined || first >= slot.position) return
    const where = `partition ${slot.partition} of topic ${topic}`
    throw new PositionLostError(
      `offset ${first} of ${where} was read where ${slot.position} was expected`,
    )
  }

  function shrunk({ partition, position }: Slot, end: number): Error {
    const where = `partition ${partition} of topic ${topic}`
    return new PositionLostError(`${where} ends at ${end}, before the position ${position}`)
  }

  async function take(slot: Slot, payload: EachBatchPayload): Promise<void> {
    slot.end = Math.max(slot.end, Number(payload.batch.highWatermark))
    // A rebalance shows in the heartbeat after the batch as well: here it would interrupt what is under way.
    const beat = setInterval(() => payload.heartbeat().catch(() => {}), heartbeatIntervalMs)
    try {
      checkOffsets(slot, payload)
      await checkGap(slot, Number(payload.batch.firstOffset()))
      await handleAll(slot, payload)
    } catch (error) {
      if (error instanceof HeartbeatError) throw error.cause
      void (error instanceof PositionLostError ? placeLater : retryLater)(slot, error)
    } finally {
      clearInterval(beat)
    }
  }

  for (const slot of slots.values()) {
    consumer.pause(only(slot))
    void place(slot)
  }

  return {
    async take(payload) {
      const slot = slots.get(payload.batch.partition)
      if (isClosed || slot?.position === undefined) return
      slot.busy = take(slot, payload)
      try {
        await slot.busy
      } finally {
        slot.busy = undefined
      }
    },
    isBusy: () => [...slots.values()].some(({ busy }) => busy !== undefined),
    progress: () =>
      Array.from(slots.values(), ({ partition, position, end, failures }) => {
        const lag = Math.max(0, end - (position ?? end))
        return { partition, position: position ?? 0, lag, failing: failures > 0 }
      }),
    see(bounds, before) {
      for (const { partition, position } of before) {
        const [slot, end] = [slots.get(partition), bounds.get(partition)?.end]
        if (slot === undefined || end === undefined) continue
        slot.end = Math.max(end, slot.position ?? 0)
        if (end >= position || slot.position === undefined || slot.busy !== undefined) continue
        slot.end = end
        void placeLater(slot, shrunk(slot, end))
      }
    },
    moved() {
      const moved = [...slots.values()].filter(({ position, told }) => position !== told)
      return moved.flatMap(({ partition, position }) =>
        position === undefined ? [] : [{ partition, position }],
      )
    },
    told(positions) {
      for (const { partition, position } of positions) {
        const slot = slots.get(partition)
        if (slot) slot.told = position
      }
    },
    pass(partition, lastOffset) {
      const slot = slots.get(partition)
      if (slot?.position !== undefined) slot.position = Math.max(slot.position, lastOffset + 1)
    },
    async close() {
      isClosed = true
      closing.signal()
      await Promise.allSettled([...slots.values()].map(({ busy }) => busy))
    },
  }
}

function newSlot(partition: number): Slot {
  const unknown = { position: undefined, answered: undefined, told: undefined, busy: undefined }
  return { partition, end: 0, failures: 0, ...unknown }
}

/** What a heartbeat threw, to be thrown on to kafkajs: that the group is rebalancing, for one. */
class HeartbeatError extends Error {
  override readonly name = 'HeartbeatError'
}

/** A consumer that has broken has nothing to steer any more; who would steer it finds out as the session ends. */
function whileThere(consumer: AssignmentOptions['consumer']): AssignmentOptions['consumer'] {
  const tolerant =
    <T>(steer: (argument: T) => void) =>
    (argument: T) => {
      try {
        steer(argument)
      } catch (error) {
        if ((error as Error).name !== 'KafkaJSNonRetriableError') throw error
      }
    }
  return {
    seek: tolerant(consumer.seek),
    pause: tolerant(consumer.pause),
    resume: tolerant(consumer.resume),
  }
}
