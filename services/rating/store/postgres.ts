import { postgresCapabilities } from '@marquee/sql/capabilities'
import type { Query, Row, Statement } from '@marquee/sql/postgres/connection'
import { openPostgres } from '@marquee/sql/postgres/postgres'
import { beforeNul, isText } from '@marquee/sql/postgres/text'
import { isRated, type RecordRef } from '../rating.ts'

import { type ScoringRules, scoringFor } from '../scoring.ts'
import { toAggregate } from './aggregate-row.ts'
import { isSameLog, requireLog, requirePosition } from './change-batch.ts'
import { changesPage, numberMax, positionValues, statesOf } from './changes.ts'
import type { RatingDatabase } from './database.ts'
import { outboxBytesMax as bytesMaxDefault } from './outbox.ts'
import type {
  ChangeBatch,
  ChangesOptions,
  ChangesPage,
  LogAdoption,
  StatesPage,
  StoredLog,
  TopOptions,
  TopPosition,
} from './port.ts'
import { toStoredPosition } from './position-row.ts'
import { channelOf, followChanges } from './postgres-feed.ts'
import { createPostgresLists } from './postgres-lists.ts'
import { createPostgresOutbox } from './postgres-outbox.ts'
import { createPostgresPeriods } from './postgres-periods.ts'
import { createPostgresRestore } from './postgres-restore.ts'
import { adoptRules, readRules } from './postgres-rules.ts'
import { endSkips, skipEvents, takeKept } from './postgres-skips.ts'
import { reading, schema, writing } from './postgres-tables.ts'
import {
  advanceRevision,
  StaleRulesError,
  type WrittenChanges,
  writeChanges,
} from './postgres-write.ts'
import { type TopLimits, type TopSlice, topLimits, topPage } from './top.ts'
import { createChangeListeners, type Write, writesBy } from './writes.ts'

export interface PostgresRatingStoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /**
   * Scales and priors. Opening the store rejects with an OtherScaleError when ratings are on another
   * scale, and computes again the scores that were made with another prior.
   */
  readonly rules: ScoringRules
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /**
   * Maximum number of connections in the pool. The store has one more, which listens for changes of
   * other stores.
   */
  readonly poolSizeMax?: number
  /** Called with messages for the operator. */
  readonly onWarning?: (message: string) => void
  readonly topLimits?: TopLimits
  /** Size at which the outbox is full, in bytes. */
  readonly outboxBytesMax?: number
}

/** Maximum number of reads of the same rows while other processes change the rules. */
const readAttemptsMax = 5

/** One statement reads more records than one event-loop turn may. */
const topLimitsDefault = { ...topLimits, sliceSize: topLimits.walkedCountMax }

/**
 * Opens a store in a PostgreSQL database, which several processes may share. Listeners receive the
 * changes of all of them, and all use the priors that were saved last. When the result of a commit is
 * lost, the store determines it; see `transact`.
 */
export async function openPostgresRatingStore(
  options: PostgresRatingStoreOptions,
): Promise<RatingDatabase> {
  const { clock = Date.now, onWarning = () => {}, topLimits: limits = topLimitsDefault } = options
  const db = await openPostgres({ ...options, schema })
  await using opened = new AsyncDisposableStack()
  opened.use(db)
  const { notify, onChange } = createChangeListeners()
  const origin = crypto.randomUUID()
  const channel = await channelOf(db.read)
  let { rules, epoch } = await adoptRules(db, { rules: options.rules, channel, origin, clock })
  opened.use(
    await followChanges({
      connect: db.connect,
      channel,
      origin,
      onRecords: notify,
      onDisconnect: (error) =>
        onWarning(`changes of other instances arrive late: ${error.message}`),
    }),
  )
  const resources = opened.move()
  const { outboxBytesMax = bytesMaxDefault } = options
  const writeOptions = { channel, origin, clock, outboxBytesMax }
  const advance = (query: Query) => advanceRevision({ ...writeOptions, query, epoch })
  const outbox = createPostgresOutbox({ db, clock, readSteps, advance, withRules })

  /**
   * Reads rows of steps, with the rules that they are by. Both are read again when another process
   * has changed the rules.
   */
  async function readSteps(statement: Statement, values: readonly unknown[]) {
    for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
      const rows = await db.read(statement, values)
      if (rows.length === 0 || rows[0]?.epoch === epoch) return { rows, rules }
      ;({ rules, epoch } = await readRules(db.read))
    }
    throw new StaleRulesError('other processes change the rules again and again')
  }

  async function revision(): Promise<number> {
    const [row] = await db.read(reading.scoring)
    if (row?.epoch !== epoch) ({ rules, epoch } = await readRules(db.read))
    return row?.revision as number
  }

  /** Writes with the rules of the database: again when another process has changed them. */
  async function withRules<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof StaleRulesError)) throw error
      ;({ rules, epoch } = await readRules(db.read))
      return write()
    }
  }

  /**
   * Notifies the listeners even when the write fails, because a write with a lost response may have
   * taken effect. The listeners read again.
   */
  async function notifying<T>(
    write: (done: (written: WrittenChanges) => WrittenChanges) => Promise<T>,
  ): Promise<T> {
    let changed: readonly RecordRef[] = []
    try {
      return await write((written) => {
        changed = written.changed
        return written
      })
    } finally {
      notify(changed)
    }
  }

  const write: Write = async (changes, condition) => {
    if (changes.length === 0) return { found: [], stamp: undefined }
    return notifying((done) =>
      withRules(() =>
        db.transaction(async (query) =>
          done(await writeChanges(changes, { ...writeOptions, query, rules, epoch, condition })),
        ),
      ),
    )
  }

  async function apply(batch: ChangeBatch): Promise<number> {
    const { topic, partition, expectedPosition, nextPosition, lastEvent } = batch
    const claim = [topic, partition, nextPosition, lastEvent?.offset, lastEvent?.digest]
    return notifying((done) =>
      withRules(() =>
        db.transaction(async (query) => {
          requireLog(await shareLog(query, batch), batch)
          const claimed =
            expectedPosition === undefined
              ? await query(writing.claimFirst, claim)
              : await query(writing.claimNext, [...claim, expectedPosition])
          if (claimed.length === 0) {
            const [stored] = await query(reading.position, [topic, partition])
            return requirePosition(stored?.next_offset as number | undefined, batch)
          }
          const options = { ...writeOptions, query, rules, epoch }
          const changes = await takeKept(query, batch)
          if (changes.length > 0) done(await writeChanges(changes, options))
          return nextPosition
        }),
      ),
    )
  }

  /**
   * Returns the identity that applies until the transaction ends: that of the batch when none was
   * saved.
   */
  async function shareLog(query: Query, { topic, log }: ChangeBatch): Promise<string | undefined> {
    const [stored] = await query(writing.shareLog, [topic])
    if (stored !== undefined) return stored.identity as string
    await query(writing.insertLog, [topic, log])
    return (await query(writing.shareLog, [topic]))[0]?.identity as string | undefined
  }

  async function adoptLog(topic: string, adoption: LogAdoption): Promise<boolean> {
    const { expected, identity, reset } = adoption
    return db.transaction(async (query) => {
      await query(writing.lockLog, [topic])
      const stored = toStoredLog(await query(reading.positions, [topic]))
      if (!isSameLog(stored, expected)) return false
      if (identity !== expected.identity) await endSkips(query, topic)
      await query(writing.setLog, [topic, identity])
      if (reset) await query(writing.deletePositions, [topic])
      return true
    })
  }

  async function states(records: readonly RecordRef[]): Promise<StatesPage> {
    const possible = records.filter((one) => isText(one.recordType) && isText(one.recordId))
    const types = possible.map(({ recordType }) => recordType)
    const ids = possible.map(({ recordId }) => recordId)
    const found = await readSteps(reading.states, [types, ids])
    return {
      states: statesOf(records, found.rows.filter(isPresent), found.rules),
      revision: found.rows[0]?.store_revision as number,
    }
  }

  async function changes(options: ChangesOptions): Promise<ChangesPage> {
    const values = [...positionValues(options.after), options.limit]
    const found = await readSteps(reading.changedStates, values)
    return {
      ...changesPage(found.rows.filter(isPresent), options, found.rules),
      revision: found.rows[0]?.store_revision as number,
    }
  }

  const lists = createPostgresLists(readSteps)

  async function slice(options: TopOptions, size: number): Promise<TopSlice> {
    const { recordType, countMin, limit, after } = options
    if (!isText(recordType)) return { aggregates: [], end: undefined }
    const score = after?.bayesianScore ?? Number.POSITIVE_INFINITY
    const place = [recordType, score, beforeNul(after?.recordId ?? ''), size]
    const values = [...place, Math.min(countMin, numberMax), limit]
    const found = await readSteps(reading.top, values)
    const aggregates = found.rows.map((row) => toAggregate(row, found.rules))
    if (aggregates.length === limit) return { aggregates, end: undefined }
    const [end] = await db.read(reading.topEnd, place)
    return { aggregates, end: end && toPosition(end) }
  }

  return {
    capabilities: postgresCapabilities,
    scoring: (recordType) => scoringFor(rules, recordType),
    ...writesBy(write, lists),
    ...lists,
    ...createPostgresPeriods(readSteps),
    aggregate: async (record) => (await states([record])).states.find(isRated),
    aggregates: async (records) => (await states(records)).states.filter(isRated),
    states,
    changes,
    top: (options) => topPage({ slice }, options, limits),
    revision,
    onChange,
    installationId: async () => (await db.read(reading.installation))[0]?.id as string,
    storedLog: async (topic) => toStoredLog(await db.read(reading.positions, [topic])),
    adoptLog,
    skipEvents: (skip) => skipEvents(db, skip),
    apply,
    // The server removes old versions of rows by itself (autovacuum).
    purge: async () => {},
    outbox,
    restore: createPostgresRestore({ db, known: () => ({ rules, epoch }), withRules }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Returns whether a row of an outer join has found a record. */
function isPresent(row: Row): boolean {
  return typeof row.record_id === 'string'
}

function toPosition(row: Row): TopPosition {
  return { bayesianScore: row.bayesian_score as number, recordId: row.record_id as string }
}

/**
 * Converts the rows of a log. There is at least one row, without a partition when no position is
 * saved.
 */
function toStoredLog(rows: readonly Row[]): StoredLog {
  const identity = (rows[0]?.identity ?? undefined) as string | undefined
  const placed = rows.filter(({ partition }) => typeof partition === 'number')
  return { identity, positions: placed.map(toStoredPosition) }
}
