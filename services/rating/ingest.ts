import { appendDeadLetters } from '@marquee/event-log/dead-letter'
import type {
  Consumption,
  EventLog,
  LogRecord,
  PartitionProgress,
  RecordBatch,
} from '@marquee/event-log/port'
import type { Logger } from 'pino'
import { createLogGuard, type LogPolicy, markOf } from './log-guard.ts'
import type { RatingChange } from './rating.ts'
import { decodeRatingEvent } from './rating-event.ts'
import { OtherLogError } from './store/other-log.ts'
import type { ChangeSink } from './store/port.ts'

export interface IngestOptions {
  readonly eventLog: EventLog
  readonly sink: ChangeSink
  readonly log: Logger
  /** `ratings` unless told. */
  readonly topic?: string
  /** Where events go that cannot be applied; `ratings.dlq` unless told. */
  readonly deadLetterTopic?: string
  /** `rating` unless told. */
  readonly group?: string
  /** Default: `refuse-new`. */
  readonly logPolicy?: LogPolicy
  /** How many events one transaction applies at most; 5,000 unless told. */
  readonly batchSizeMax?: number
}

/**
 * - `starting`: not started, or the log is being opened.
 * - `running`: every assigned partition was read without failure when last tried.
 * - `failing`: at least one partition is being retried, or the log cannot be read.
 * - `blocked`: the log is another one than was read so far, or its group is another installation's. Nothing is applied.
 * - `waiting`: no partition is assigned, because other processes of the group have them.
 * - `stopped`: disposed.
 */
export type IngestState = 'starting' | 'running' | 'failing' | 'blocked' | 'waiting' | 'stopped'

export interface IngestStatus {
  readonly state: IngestState
  /** The assigned partitions, and how many events of each wait. */
  readonly partitions: readonly PartitionProgress[]
  /** When the log was last asked for events, in milliseconds since the Unix epoch. */
  readonly lastPollTimeMs: number | undefined
  /** How many changes this process has applied. */
  readonly applied: number
  /** How many events this process has put aside. */
  readonly deadLettered: number
  /** How often the consumer of the log broke and was started anew. */
  readonly restarts: number
  /** Who has all partitions, for a person, while it is waiting. */
  readonly waitsFor: string | undefined
  /** Why it is blocked. */
  readonly blocked: string | undefined
  /** The failure that was reported last, also when it is over. */
  readonly lastError: Error | undefined
}

/** Ingestion. Disposing it finishes the current batch, then stops. */
export interface Ingest extends AsyncDisposable {
  /** Never waits. */
  status(): IngestStatus
  /** Starts to apply events, once. Resolves with the ingestion itself, for whoever disposes of it. */
  start(): Promise<Ingest>
}

/**
 * Applies the rating events of a topic, each once, whatever the log delivers again: a batch is applied with the
 * position after it in one transaction, and only if the position before it is still the stored one.
 *
 * An event that cannot be read goes to the dead-letter topic first (`toDeadLetter`). Dead letters arrive at least once: an end of
 * the process between the two writes repeats them, and the source tells which are the same.
 *
 * While the sink or the dead-letter topic fails, the log repeats the batch after a back-off; nothing is skipped.
 */
export function createIngest(options: IngestOptions): Ingest {
  const { eventLog, sink, log, topic = 'ratings', group = 'rating', batchSizeMax = 5_000 } = options
  const { deadLetterTopic = 'ratings.dlq', logPolicy: policy = 'refuse-new' } = options
  const guard = createLogGuard({ eventLog, sink, topic, policy, log })
  /** The offset up to which a partition's dead letters are written, so that a repeated batch does not add to them. */
  const deadLetteredTo = new Map<number, number>()
  let applied = 0
  let deadLettered = 0
  let lastError: Error | undefined
  let stopped = false
  let consumption: Consumption | undefined

  async function handle({
    partition,
    log: identity,
    position: expectedPosition,
    records,
  }: RecordBatch): Promise<number> {
    // Before dead letters are written; the store looks again.
    guard.require(identity)
    const { changes, poison } = decodeAll(records)
    const last = records.at(-1)
    const nextPosition = (last?.offset ?? 0) + 1
    await putAside(partition, poison, nextPosition)
    const answer = await sink.apply({
      topic,
      partition,
      log: identity,
      expectedPosition,
      nextPosition,
      changes,
      ...(last && { lastEvent: markOf(last) }),
    })
    if (answer === nextPosition) applied += changes.length
    else log.warn({ partition, expectedPosition, position: answer }, 'another has applied events')
    return answer
  }

  async function putAside(
    partition: number,
    poison: Poison[],
    nextPosition: number,
  ): Promise<void> {
    const done = deadLetteredTo.get(partition) ?? 0
    const fresh = poison.filter(({ record }) => record.offset >= done)
    const [first] = fresh
    if (first === undefined) return
    const refused = fresh.map((one) => ({ topic, partition, ...one }))
    await appendDeadLetters(eventLog, deadLetterTopic, refused)
    deadLetteredTo.set(partition, nextPosition)
    deadLettered += fresh.length
    const { reason, record } = first
    const where = { partition, offset: record.offset, reason }
    log.warn({ ...where, count: fresh.length }, 'events put aside; this is the first')
  }

  function onError(error: Error): void {
    // One that needs a person's decision comes again and again.
    const isForPerson = error instanceof OtherLogError || error.name === 'GroupTakenError'
    const isKnown = isForPerson && error.message === lastError?.message
    lastError = error
    if (!isKnown) log.error({ err: error }, 'ingestion will be tried again')
  }

  return {
    async start() {
      consumption = await eventLog.consume({
        ...{ topic, group, batchSizeMax },
        installation: sink.installationId,
        position: guard.start,
        handle,
        onError,
      })
      return this
    },
    status() {
      const partitions = (stopped ? undefined : consumption?.progress()) ?? []
      const lastPollTimeMs = consumption?.lastPollTimeMs()
      const failure = consumption?.failure()
      const failing = failure !== undefined || partitions.some((partition) => partition.failing)
      const blocked =
        guard.problem() ?? (failure?.name === 'GroupTakenError' ? failure.message : undefined)
      const starting = consumption === undefined
      const waiting = partitions.length === 0
      const state = stateOf({ starting, stopped, blocked, failing, waiting })
      const counts = { applied, deadLettered, restarts: consumption?.restarts() ?? 0 }
      const waitsFor = state === 'waiting' ? consumption?.waitsFor() : undefined
      return { state, partitions, lastPollTimeMs, ...counts, waitsFor, blocked, lastError }
    },
    async [Symbol.asyncDispose]() {
      await consumption?.[Symbol.asyncDispose]()
      stopped = true
    },
  }
}

interface Signs {
  readonly starting: boolean
  readonly stopped: boolean
  readonly blocked: string | undefined
  readonly failing: boolean
  readonly waiting: boolean
}

function stateOf({ starting, stopped, blocked, failing, waiting }: Signs): IngestState {
  if (stopped) return 'stopped'
  if (starting) return 'starting'
  if (blocked !== undefined) return 'blocked'
  if (failing) return 'failing'
  return waiting ? 'waiting' : 'running'
}

interface Poison {
  readonly record: LogRecord
  readonly reason: string
}

function decode({ value }: LogRecord): ReturnType<typeof decodeRatingEvent> {
  if (value === null) return { kind: 'refused', reason: 'the event has no value' }
  return decodeRatingEvent(value)
}

function decodeAll(records: readonly LogRecord[]): { changes: RatingChange[]; poison: Poison[] } {
  const changes: RatingChange[] = []
  const poison: Poison[] = []
  for (const record of records) {
    const change = decode(record)
    if (change.kind === 'refused') poison.push({ record, reason: change.reason })
    else changes.push(change)
  }
  return { changes, poison }
}
