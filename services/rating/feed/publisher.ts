import type { EventLog, NewRecord } from '@marquee/event-log/port'
import type { RatingDatabase } from '../store/database.ts'
import type { FeedPass, FeedProgress, Published, RatingState } from '../store/outbox.ts'
import type { ChangePosition } from '../store/port.ts'
import { aggregateRecord, ratingKey, ratingRecord } from './records.ts'

/** Topics of the feed. Both are compacted. */
export interface FeedTopics {
  readonly changes: string
  readonly aggregates: string
}

export interface PublisherOptions {
  readonly store: Pick<RatingDatabase, 'outbox' | 'changes' | 'scoring'>
  readonly eventLog: Pick<EventLog, 'append' | 'ensureTopic' | 'identity'>
  readonly topics: FeedTopics
  /** Name of the publisher, unique among all processes. */
  readonly holder: string
  /** Current time, in milliseconds since the Unix epoch. */
  readonly clock: () => number
}

export interface Publisher {
  /**
   * Publishes everything that waits, or until the signal is aborted. Returns `false` when another
   * publisher holds the lease. When it rejects, call it again: it repeats what may be published.
   * @param pace Awaited after each step, with the step's duration in milliseconds.
   */
  publish(signal: AbortSignal, pace?: (stepMs: number) => Promise<void>): Promise<boolean>
  /** Makes the next call publish aggregates that have changed just now, too. */
  hurry(): void
  /** Returns the number of records that were published. */
  published(): number
}

/** Duration of the lease, in milliseconds. After a crash, another publisher waits for as long. */
const leaseMs = 10_000

/** Maximum number of ratings, or of aggregates, of one step. */
const stepSizeMax = { ratings: 5_000, aggregates: 500 }

/** Maximum size of the records of one append, in bytes, unless one record is larger. */
const appendBytesMax = 512 * 1024

/** Minimum time between two passes over the changed aggregates, in milliseconds. */
const aggregatesIntervalMs = 1_000

/** Time after which the identities of the topics are read again, in milliseconds. */
const targetAgeMsMax = 30_000

/** States that are appended, before the progress is saved. */
interface InDoubt {
  readonly ratings: readonly RatingState[]
  readonly aggregates: ChangePosition | undefined
}

export function createPublisher(options: PublisherOptions): Publisher {
  const { store, eventLog, topics, holder, clock } = options
  const { outbox } = store
  const lease = { holder, durationMs: leaseMs }
  let leaseEndMs = 0
  let progress: FeedProgress | undefined
  let inDoubt: InDoubt | undefined
  let target: { readonly name: string; readonly readMs: number } | undefined
  let aggregatesDueMs = 0
  let published = 0

  async function publish(
    signal: AbortSignal,
    pace?: (stepMs: number) => Promise<void>,
  ): Promise<boolean> {
    try {
      if (!(await hold())) return false
      await aim()
      for (let startMs = clock(); !signal.aborted && (await step()); startMs = clock()) {
        await pace?.(clock() - startMs)
        await aim()
      }
      return true
    } catch (error) {
      target = undefined
      progress = undefined
      if (error instanceof LeaseLostError) return false
      throw error
    }
  }

  /** Takes the lease, or extends it when half of it is over. */
  async function hold(): Promise<boolean> {
    const now = clock()
    if (progress !== undefined && now < leaseEndMs - leaseMs / 2) return true
    const isExpired = now >= leaseEndMs
    progress = await outbox.claim(lease)
    if (inDoubt !== undefined && (isExpired || progress === undefined)) await repeat(inDoubt)
    if (progress === undefined) return false
    leaseEndMs = now + leaseMs
    return true
  }

  /** Another publisher may have published newer states before: publishes the newest ones. */
  async function repeat({ ratings, aggregates }: InDoubt): Promise<void> {
    await outbox.repeat(ratings, aggregates)
    inDoubt = undefined
    if (progress !== undefined) progress = await outbox.claim(lease)
  }

  /** Begins again when the topics are other ones than before. */
  async function aim(): Promise<void> {
    const now = clock()
    if (target === undefined || now - target.readMs > targetAgeMsMax) {
      const identities: string[] = []
      for (const topic of [topics.changes, topics.aggregates]) {
        await eventLog.ensureTopic(topic, { cleanup: 'compact' })
        identities.push(topic, await eventLog.identity(topic))
      }
      target = { name: JSON.stringify(identities), readMs: now }
    }
    if (progress?.target === target.name) return
    if (!(await outbox.begin(holder, target.name))) throw new LeaseLostError()
    progress = await outbox.claim(lease)
    if (progress === undefined) throw new LeaseLostError()
  }

  /** Publishes some of what waits. Returns `false` when nothing is left. */
  async function step(): Promise<boolean> {
    const { ratings, from, through } = await outbox.unpublished(stepSizeMax.ratings)
    if (through !== undefined) {
      await sendRatings(ratings, { through })
    }
    const { pass } = progress as FeedProgress
    const passes = pass !== undefined && (from === undefined || from > pass.after)
    if (passes) await stepPass(pass)
    const hasAggregates = clock() >= aggregatesDueMs && (await stepAggregates())
    return through !== undefined || passes || hasAggregates
  }

  async function stepPass(pass: FeedPass): Promise<void> {
    const { ratings, next } = await outbox.ratings(pass.place, stepSizeMax.ratings)
    await sendRatings(ratings, { pass: { place: next ?? 'end', after: pass.after } })
    progress = { ...(progress as FeedProgress), pass: next && { ...pass, place: next } }
  }

  /** Returns `false` at the end of the changed aggregates. */
  async function stepAggregates(): Promise<boolean> {
    const { aggregates: after } = progress as FeedProgress
    const page = await store.changes({ after, limit: stepSizeMax.aggregates })
    const reached = page.next ?? { revision: page.revision, place: Number.POSITIVE_INFINITY }
    if (page.states.length > 0) {
      inDoubt = { ratings: [], aggregates: after }
      const records = page.states.map((one) => aggregateRecord(one, store.scoring(one.recordType)))
      await send(topics.aggregates, records)
      await save({ aggregates: reached })
      progress = { ...(progress as FeedProgress), aggregates: reached }
    }
    if (page.next === undefined) aggregatesDueMs = clock() + aggregatesIntervalMs
    return page.next !== undefined
  }

  /** Publishes the last state of each rating. */
  async function sendRatings(ratings: readonly RatingState[], done: Published): Promise<void> {
    const last = new Map(ratings.map((state) => [ratingKey(state), state]))
    inDoubt = { ratings: [...last.values()], aggregates: undefined }
    await send(topics.changes, [...last.values()].map(ratingRecord))
    await save(done)
  }

  async function send(topic: string, records: readonly NewRecord[]): Promise<void> {
    for (const part of partsOf(records)) {
      if (clock() > leaseEndMs - leaseMs / 2) await extend({})
      await eventLog.append(topic, part)
      published += part.length
    }
  }

  async function save(done: Published): Promise<void> {
    await extend(done)
    inDoubt = undefined
  }

  async function extend(done: Published): Promise<void> {
    const now = clock()
    if (!(await outbox.save(lease, done))) {
      leaseEndMs = 0
      throw new LeaseLostError()
    }
    leaseEndMs = now + leaseMs
  }

  return {
    publish,
    hurry() {
      aggregatesDueMs = 0
    },
    published: () => published,
  }
}

/** Thrown when another publisher has taken the lease. */
class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** Yields consecutive records of a bounded size together. */
function* partsOf(records: readonly NewRecord[]): Generator<NewRecord[]> {
  let part: NewRecord[] = []
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    if (part.length > 0 && bytes + size > appendBytesMax) {
      yield part
      part = []
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  if (part.length > 0) yield part
}

/** Size of a record's headers and framing, in bytes, at most. */
const recordOverhead = 100

function sizeOf({ key, value }: NewRecord): number {
  return recordOverhead + 3 * (key?.length ?? 0) + (value?.length ?? 0)
}
