import { sqliteCapabilities } from '@marquee/sql/capabilities'
import { nextRevision } from '@marquee/sql/revision'
import type { SqliteFaults } from '@marquee/sql/sqlite/faults'
import { announceUse } from '@marquee/sql/sqlite/instance'
import { createRebuild } from '@marquee/sql/sqlite/rebuild'
import { closeSqlite, openSqlite, read, write } from '@marquee/sql/sqlite/sqlite'
import { type Aggregate, isRated, type RecordRef, type WriteStamp } from '../rating.ts'
import { type ScoringRules, scoringFor } from '../scoring.ts'
import { histogramOf, type Row, toAggregate } from './aggregate-row.ts'
import { type Folding, foldEach, type RecordEdit, type StoredRecord } from './change-batch.ts'
import { changesPage, positionValues, statesOf } from './changes.ts'
import type { RatingDatabase } from './database.ts'
import type { ChangeBatch, ChangesOptions, ChangesPage, StatesPage } from './port.ts'
import { createSqliteLists } from './sqlite-lists.ts'
import { createSqliteLogs } from './sqlite-logs.ts'
import { createSqliteOutbox } from './sqlite-outbox.ts'
import { createSqlitePeriods } from './sqlite-periods.ts'
import { createSqliteRestore } from './sqlite-restore.ts'
import { adoptRules, type SqliteRules } from './sqlite-rules.ts'
import { aggregateValues, prepareStatements, recordNumberOf, schema } from './sqlite-tables.ts'
import { createSqliteTop } from './sqlite-top.ts'
import { createUserIndex, type UserEntries } from './sqlite-users.ts'
import { OtherScaleError } from './stored-rules.ts'
import { type TopLimits, topPage } from './top.ts'
import { createChangeListeners, type Saved, type Write, writesBy } from './writes.ts'

export interface SqliteRatingStoreOptions {
  /**
   * Path of the database file, which is created when it does not exist. `:memory:` for a database
   * that is lost when the process ends.
   */
  readonly path: string
  /**
   * Scales and priors. Opening the store throws an OtherScaleError when ratings are on another
   * scale, and computes again the scores that were made with another prior.
   */
  readonly rules: ScoringRules
  /** Current time, in milliseconds since the Unix epoch. Default: `Date.now`. */
  readonly clock?: () => number
  /** Called with messages for the operator. */
  readonly onWarning?: (message: string) => void
  /** Receives the failures of the file. */
  readonly faults?: SqliteFaults
  /** True when other workers of the service may have the file open. Default: false. */
  readonly isSharedByWorkers?: boolean
  readonly topLimits?: TopLimits
  /** Size at which the outbox is full, in bytes. */
  readonly outboxBytesMax?: number
}

interface NumberedRecord extends StoredRecord {
  /** `undefined` when nobody has rated the record. */
  readonly recordNumber: number | undefined
  /** Time of the last put, by user id, of the ratings that `step` has found. */
  readonly times: Map<string, number>
}

/**
 * Size of the page cache, in KiB. It holds the thousands of pages of one batch of events, which are
 * read and written once.
 */
const cacheSizeKib = 16_384

/**
 * Size of the write-ahead log, in pages of 4 KiB, from which on it is copied into the file. A batch
 * of events writes thousands of pages, most of which the next batch writes again.
 */
const logPagesMax = 8_000

/**
 * Opens a store in an SQLite file, which several processes may use at once. Listeners receive only
 * the changes of their own store.
 */
export function createSqliteRatingStore(options: SqliteRatingStoreOptions): RatingDatabase {
  const { path, clock = Date.now, onWarning = () => {}, topLimits } = options
  // Another worker that writes could seem to be damage.
  const checked = !options.isSharedByWorkers
  const db = openSqlite(path, schema, { ...options, checked })
  db.exec(`PRAGMA cache_size = -${cacheSizeKib}; PRAGMA wal_autocheckpoint = ${logPagesMax}`)
  const sql = prepareStatements(db)
  const rules = openRules()
  const use = path === ':memory:' ? undefined : announce()
  const outbox = createSqliteOutbox(db, {
    clock,
    advance,
    shownRules: () => rules.shown(),
    ...(options.outboxBytesMax && { bytesMax: options.outboxBytesMax }),
  })
  const users = createUserIndex(db)
  const logs = createSqliteLogs(db)
  const rebuild = createRebuild(db, path)
  const lists = createSqliteLists(db, users, () => rules.shown())
  const topIndex = createSqliteTop(db, toAggregates)
  const { notify, onChange } = createChangeListeners()

  function announce(): Disposable {
    let isShared = false
    const use = announceUse(path, (message) => {
      isShared = true
      if (!options.isSharedByWorkers) onWarning(message)
    })
    // Its holder has ended, perhaps without giving it back.
    if (!isShared) db.exec('UPDATE feed SET holder = NULL WHERE holder IS NOT NULL')
    return use
  }

  function openRules(): SqliteRules {
    try {
      return adoptRules(db, sql, { rules: options.rules, clock })
    } catch (error) {
      closeSqlite(db)
      if (!(error instanceof OtherScaleError)) throw error
      throw new OtherScaleError(`cannot open the database ${path}: ${error.message}`)
    }
  }

  /** Called within the read of the rows, so that the scales are those of the same state. */
  function toAggregates(rows: readonly Row[]): Aggregate[] {
    const shown = rules.shown()
    return rows.map((row) => toAggregate(row, shown))
  }

  function revision(): number {
    return sql.scoring.get()?.revision as number
  }

  function advance(): number {
    const next = nextRevision(revision(), clock())
    sql.setRevision.run(next)
    return next
  }

  function find({ recordType, recordId }: RecordRef): NumberedRecord {
    const row = sql.aggregate.get(recordType, recordId)
    if (row === undefined) return unrated
    const recordNumber = recordNumberOf(row)
    const times = new Map<string, number>()
    return {
      recordNumber,
      histogram: histogramOf(row),
      times,
      step(userId) {
        const row = sql.step.get(recordNumber, userId)
        if (row === undefined) return undefined
        times.set(userId, row.update_time_ms as number)
        return row.step as number
      },
      revision: (userId) => sql.ratingRevision.get(recordNumber, userId)?.revision as number,
    }
  }

  /** Writes each record while its pages are in the processor's cache. */
  function save({ edits }: Folding<NumberedRecord>): Saved {
    let stamp: WriteStamp | undefined
    const entries: UserEntries = { put: [], gone: [] }
    const written: RecordEdit<NumberedRecord>[] = []
    for (const edit of edits) {
      if (!edit.written) continue
      stamp ??= { revision: advance(), updateTimeMs: clock() }
      saveRatings(edit, saveAggregate(edit, stamp), stamp, entries)
      written.push(edit)
    }
    if (stamp === undefined) return { changed: [], stamp }
    users.add(entries, stamp.updateTimeMs)
    outbox.add(written, stamp)
    return { changed: written.filter((edit) => edit.changed).map((edit) => edit.record), stamp }
  }

  function fold(...[changes, condition]: Parameters<Write>): Folding<NumberedRecord> {
    return foldEach(changes, find, rules.refresh(), { compare: inTableOrder, condition })
  }

  function saveAggregate(edit: RecordEdit<NumberedRecord>, stamp: WriteStamp): number | undefined {
    const { record, scoring, histogram } = edit
    const { recordNumber } = edit.stored
    if (!edit.changed) return recordNumber
    const row = aggregateValues(histogram, scoring, stamp)
    if (recordNumber === undefined) {
      return recordNumberOf(sql.insertAggregate.get(...row, record.recordType, record.recordId))
    }
    sql.updateAggregate.run(...row, recordNumber)
    return recordNumber
  }

  function saveRatings(
    { ratings, stored }: RecordEdit<NumberedRecord>,
    recordNumber: number | undefined,
    { revision, updateTimeMs }: WriteStamp,
    { put, gone }: UserEntries,
  ): void {
    if (recordNumber === undefined) return
    const userIds: string[] = []
    for (const [userId, { before, after, ratedTimeMs = null }] of ratings) {
      if (after !== undefined) {
        sql.putRating.run(recordNumber, userId, after, revision, updateTimeMs, ratedTimeMs)
        userIds.push(userId)
      } else if (before !== undefined) sql.deleteRating.run(recordNumber, userId)
      const timeMs = stored.times.get(userId)
      if (timeMs !== undefined) gone.push([userId, timeMs, recordNumber])
    }
    if (userIds.length > 0) put.push([recordNumber, userIds])
  }

  const change: Write = async (changes, condition) => {
    if (changes.length === 0) return { found: [], stamp: undefined }
    const { changed, ...written } = await write(db, () => {
      const folded = fold(changes, condition)
      return { ...save(folded), found: folded.found }
    })
    notify(changed)
    return written
  }

  async function apply(batch: ChangeBatch): Promise<number> {
    let changed: readonly RecordRef[] = []
    const position = await write(db, () =>
      logs.advance(batch, (changes) => {
        ;({ changed } = save(fold(changes)))
      }),
    )
    notify(changed)
    return position
  }

  async function states(records: readonly RecordRef[]): Promise<StatesPage> {
    const keys = records.map(({ recordType, recordId }) => [recordType, recordId])
    return read(db, () => {
      const rows = sql.aggregates.all(JSON.stringify(keys))
      return { states: statesOf(records, rows, rules.shown()), revision: revision() }
    })
  }

  async function changes(options: ChangesOptions): Promise<ChangesPage> {
    return read(db, () => {
      const rows = sql.changes.all(...positionValues(options.after), options.limit)
      return { ...changesPage(rows, options, rules.shown()), revision: revision() }
    })
  }

  const { installationId, storedLog, adoptLog, skipEvents } = logs
  return {
    capabilities: sqliteCapabilities,
    scoring: (recordType) => scoringFor(rules.current(), recordType),
    ...writesBy(change, lists),
    aggregate: async (record) => (await states([record])).states.find(isRated),
    aggregates: async (records) => (await states(records)).states.filter(isRated),
    states,
    changes,
    ...lists,
    ...createSqlitePeriods(db, () => rules.shown()),
    top: (options) => topPage(topIndex, options, topLimits),
    async revision() {
      return read(db, () => {
        rules.shown()
        return revision()
      })
    },
    onChange,
    installationId,
    storedLog,
    adoptLog,
    skipEvents,
    apply,
    async purge() {
      await write(db, users.complete)
      await rebuild()
    },
    outbox,
    restore: createSqliteRestore(db, { sql, find, refreshRules: rules.refresh }),
    async [Symbol.asyncDispose]() {
      use?.[Symbol.dispose]()
      closeSqlite(db)
    },
  }
}

const unrated: NumberedRecord = {
  recordNumber: undefined,
  times: new Map(),
  histogram: [],
  step: () => undefined,
  revision: () => undefined,
}

/** Orders records as the table does, so that pages are written sequentially. */
function inTableOrder(one: NumberedRecord, other: NumberedRecord): number {
  return orderOf(one) - orderOf(other)
}

function orderOf({ recordNumber }: NumberedRecord): number {
  return recordNumber ?? Number.MAX_SAFE_INTEGER
}
