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
  /** Topic of the events. Default: `ratings`. */
  readonly topic?: string
  /** Topic of events that cannot be applied. Default: `ratings.dlq`. */
  readonly deadLetterTopic?: string
  /** Consumer group. Default: `rating`. */
  readonly group?: string
  /** Default: `refuse-new`. */
  readonly logPolicy?: LogPolicy
  /** Maximum number of events in one transaction. Default: 10,000. */
  readonly batchSizeMax?: number
}

/**
 * - `starting`: not started, or the log is being opened.
 * - `running`: the last read of every assigned partition succeeded.
 * - `failing`: at least one partition is being retried, or the log cannot be read.
 * - `blocked`: the log is another one than before, or its group belongs to another installation.
 *   Nothing is applied.
 * - `waiting`: no partition is assigned, because other processes of the group have them.
 * - `stopped`: disposed.
 */
export type IngestState = 'starting' | 'running' | 'failing' | 'blocked' | 'waiting' | 'stopped'

export interface IngestStatus {
  readonly state: IngestState
  /** Assigned partitions, with the number of pending events of each. */
  readonly partitions: readonly PartitionProgress[]
  /** Time of the last poll of the log, in milliseconds since the Unix epoch. */
  readonly lastPollTimeMs: number | undefined
  /** Number of changes that this process has applied. */
  readonly applied: number
  /** Number of dead letters that this process has written. */
  readonly deadLettered: number
  /** Number of restarts of the consumer after a failure. */
  readonly restarts: number
  /** Description of the owner of all partitions, for a person, while it is waiting. */
  readonly waitsFor: string | undefined
  /** Reason why it is blocked. */
  readonly blocked: string | undefined
  /** Last reported failure, even when it is over. */
  readonly lastError: Error | undefined
}

/** Ingestion. Disposing it finishes the current batch, then stops. */
export interface Ingest extends AsyncDisposable {
  /** Returns the status. Never waits. */
  status(): IngestStatus
  /**
   * Starts to apply events, once. Resolves with the ingestion itself, for whoever disposes of it.
   */
  start(): Promise<Ingest>
}

/**
 * Applies each rating event of a topic once, even when the log delivers it again. One transaction
 * applies a batch and saves the position after it, only if the saved position is the one before the
 * batch.
 *
 * An event that cannot be read is first written to the dead-letter topic (`toDeadLetter`), at least
 * once: when the process ends between the two writes, the dead letter is repeated. Its source
 * identifies duplicates.
 *
 * While the sink or the dead-letter topic fails, the log repeats the batch after a back-off.
 * Nothing is skipped.
 */
export function createIngest(options: IngestOptions): Ingest {
  const {
    eventLog,
    sink,
    log,
    topic = 'ratings',
    group = 'rating',
    batchSizeMax = 10_000,
  } = options
  const { deadLetterTopic = 'ratings.dlq', logPolicy: policy = 'refuse-new' } = options
  const guard = createLogGuard({ eventLog, sink, topic, policy, log })
  /**
   * Offset, per partition, up to which dead letters are written, so that a repeated batch does not
   * add more.
   */
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
    // Before dead letters are written. The store checks again.
    guard.require(identity)
    const { changes, offsets, poison } = decodeAll(records, sink.scoring)
    const last = records.at(-1)
    const nextPosition = (last?.offset ?? 0) + 1
    await writeDeadLetters(partition, poison, nextPosition)
    const position = await sink.apply({
      topic,
      partition,
      log: identity,
      expectedPosition,
      nextPosition,
      changes,
      offsets,
      ...(last && { lastEvent: markOf(last) }),
    })
    if (position === nextPosition) applied += changes.length
    else
      log.warn(
        { partition, expectedPosition, position },
        'another process has applied these events',
      )
    return position
  }

  async function writeDeadLetters(
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
    log.warn(
      { ...where, count: fresh.length },
      'events written to the dead-letter topic; this is the first',
    )
  }

  function onError(error: Error): void {
    // A failure that needs the decision of a person repeats. It is logged once.
    const isForPerson = error instanceof OtherLogError || error.name === 'GroupTakenError'
    const isKnown = isForPerson && error.message === lastError?.message
    lastError = error
    if (!isKnown) log.error({ err: error }, 'ingestion failed; retrying')
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

type ScoringOf = ChangeSink['scoring']

function decode({ value }: LogRecord, scoringOf: ScoringOf): ReturnType<typeof decodeRatingEvent> {
  if (value === null) return { kind: 'refused', reason: 'the event has no value' }
  return decodeRatingEvent(value, scoringOf)
}

function decodeAll(
  records: readonly LogRecord[],
  scoringOf: ScoringOf,
): { changes: RatingChange[]; offsets: number[]; poison: Poison[] } {
  const changes: RatingChange[] = []
  const offsets: number[] = []
  const poison: Poison[] = []
  for (const record of records) {
    const change = decode(record, scoringOf)
    if (change.kind === 'refused') poison.push({ record, reason: change.reason })
    else {
      changes.push(change)
      offsets.push(record.offset)
    }
  }
  return { changes, offsets, poison }
}
