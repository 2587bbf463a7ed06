import { createHash } from 'node:crypto'
import type { EventLog, LogRecord } from '@marquee/event-log/port'
import type { Logger } from 'pino'
import { OtherLogError } from './store/other-log.ts'
import type { ChangeSink, EventMark, StoredLog, StoredPosition } from './store/port.ts'

/**
 * Policy for a log other than the one whose positions are saved. `accept-new` applies it from its
 * beginning.
 */
export type LogPolicy = 'refuse-new' | 'accept-new'

export interface LogGuardOptions {
  readonly eventLog: Pick<EventLog, 'identity' | 'ends' | 'read'>
  readonly sink: Pick<ChangeSink, 'storedLog' | 'adoptLog'>
  readonly topic: string
  readonly policy: LogPolicy
  readonly log: Logger
}

/** Ensures that events come from the log whose positions are saved. */
export interface LogGuard {
  /**
   * Returns the saved position of the partition. Rejects with an `OtherLogError` when the log is
   * another one and the policy refuses it. The policy applies until a log is accepted: a later
   * change needs a new decision.
   */
  start(partition: number): Promise<number | undefined>
  /** Throws an `OtherLogError` unless this is the identity of the accepted log. */
  require(identity: string): void
  /** Returns why the log is another one, or `undefined` while it is the right one. */
  problem(): string | undefined
}

const digestLength = 32

/** Returns a mark of the event, for the store. */
export function markOf({ offset, timestampMs, value }: LogRecord): EventMark {
  const hash = createHash('sha256')
    .update(`${timestampMs}:`)
    .update(value ?? '')
  return { offset, digest: hash.digest('hex').slice(0, digestLength) }
}

export function createLogGuard({ eventLog, sink, topic, policy, log }: LogGuardOptions): LogGuard {
  let found: string | undefined
  let problem: string | undefined
  let settling: Promise<StoredLog> | undefined
  let accepts = policy === 'accept-new'

  /** Accepts or refuses the log, and returns its saved state. */
  async function settle(): Promise<StoredLog> {
    for (;;) {
      const identity = await eventLog.identity(topic)
      const stored = await sink.storedLog(topic)
      const difference = await differenceOf(identity, stored)
      const isNew = stored.identity === undefined && stored.positions.length > 0
      if (difference === undefined && !isNew) return accept(identity, stored)
      if (difference !== undefined && !accepts) throw refuse(difference)
      const reset = difference !== undefined
      if (!(await sink.adoptLog(topic, { expected: stored, identity, reset }))) continue
      if (reset) log.warn({ topic, identity, difference }, 'accepted another event log')
      else log.info({ topic, identity }, 'saved the identity of the event log')
    }
  }

  function accept(identity: string, stored: StoredLog): StoredLog {
    found = identity
    problem = undefined
    accepts = false
    return stored
  }

  function refuse(difference: string): OtherLogError {
    found = undefined
    problem = `${difference}; bring the former log back, or apply this one from its beginning with --log-identity accept-new`
    return new OtherLogError(problem)
  }

  /**
   * Returns how the log differs from the saved one, or `undefined` when it does not, or nothing was
   * ever applied.
   */
  async function differenceOf(
    identity: string,
    { identity: former, positions }: StoredLog,
  ): Promise<string | undefined> {
    if (positions.length === 0) return undefined
    if (former !== undefined && former !== identity) {
      return `the log of topic ${topic} is ${identity}, and the stored positions are of ${former}`
    }
    const ends = await eventLog.ends(topic)
    for (const stored of positions) {
      const { partition, offset } = stored
      const end = ends[partition]
      const where = `partition ${partition} of topic ${topic}`
      if (end === undefined) return `there is no ${where}, which has been read to offset ${offset}`
      if (offset > end) return `${where} ends at ${end}, and has been read to offset ${offset}`
      if (!(await holdsMark(stored))) {
        return `${where} holds another event at offset ${stored.lastEvent?.offset} than was applied`
      }
    }
    return undefined
  }

  /**
   * Returns whether the last applied event is still at its offset. Returns `true` when it was
   * removed.
   */
  async function holdsMark({ partition, lastEvent }: StoredPosition): Promise<boolean> {
    if (lastEvent === undefined) return true
    const { offset, digest } = lastEvent
    const [record] = (await eventLog.read(topic, { partition, offset, countMax: 1 }))?.records ?? []
    return record?.offset !== offset || markOf(record).digest === digest
  }

  return {
    async start(partition) {
      // Partitions that start together share one check, so that a log is accepted once.
      settling ??= settle().finally(() => {
        settling = undefined
      })
      const { positions } = await settling
      return positions.find((one) => one.partition === partition)?.offset
    },
    require(identity) {
      if (identity === found) return
      const expected = found ?? 'none yet'
      throw new OtherLogError(`events are from the log ${identity}; expected ${expected}`)
    },
    problem: () => problem,
  }
}
