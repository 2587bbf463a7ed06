import { nextRevision } from '../../../platform/revision/revision.ts'
import { openPostgres, type Postgres } from '../../../platform/sql/postgres.ts'
import { beforeNul, isText } from '../../../platform/sql/postgres-text.ts'
import type { Aggregate, Prior, RatingChange, RecordRef, StoredRating } from '../rating.ts'
import { toAggregate } from './aggregate-row.ts'
import { requirePosition } from './change-batch.ts'
import type { ChangeBatch, ChangeSink, RatingStore, TopOptions } from './port.ts'
import { followChanges } from './postgres-feed.ts'
import { reading, schema, toRating, writing } from './postgres-tables.ts'
import { type Written, writeChanges } from './postgres-write.ts'

export interface PostgresRatingStoreOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string
  /** When it differs from the one of the stored scores, these are computed anew as the store opens. */
  readonly prior: Prior
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
  /** Connections of the pool; the store has one more, to hear of what others change. */
  readonly poolSizeMax?: number
  /** Called with what an operator should know. */
  readonly onWarning?: (message: string) => void
}

/** For computing all scores anew. */
const rescoreTimeoutMs = 10 * 60_000

/**
 * Ratings in a PostgreSQL database, which several processes share: listeners hear of what any of them writes, and all
 * score by the prior that was stored last. Whether a lost write took effect is found out; see `transact`.
 */
export async function openPostgresRatingStore(
  options: PostgresRatingStoreOptions,
): Promise<RatingStore & ChangeSink> {
  const { prior, clock = Date.now, onWarning = () => {} } = options
  const db = await openPostgres({ ...options, schema })
  await using opened = new AsyncDisposableStack()
  opened.use(db)
  const listeners = new Set<(records: readonly RecordRef[]) => void>()
  const origin = crypto.randomUUID()
  const channel = await channelOf(db)
  await adoptPrior()
  opened.use(
    await followChanges({
      connect: db.connect,
      channel,
      origin,
      onRecords: notify,
      onBreak: (error) => onWarning(`changes of other instances come late: ${error.message}`),
    }),
  )
  const resources = opened.move()

  async function adoptPrior(): Promise<void> {
    const next = nextRevision(0, clock())
    await db.transaction(async (query) => {
      await query(writing.insertScoring, [next, prior.mean, prior.weight])
    })
    const [stored] = await db.read(reading.scoring)
    if (stored?.prior_mean === prior.mean && stored.prior_weight === prior.weight) return
    const values = [next, channel, origin, prior.mean, prior.weight]
    await db.transaction(
      async (query) => {
        // A writer locks records, then the scoring; this takes both the other way round.
        await query(writing.lockAggregates)
        await query(writing.rescore, values)
      },
      { timeoutMs: rescoreTimeoutMs },
    )
  }

  function notify(changed: readonly RecordRef[]): void {
    if (changed.length > 0) for (const listener of listeners) listener(changed)
  }

  /** Tells the listeners also when it fails: a lost write may have taken effect, and they read anew. */
  async function telling<T>(
    write: (done: (written: Written) => readonly boolean[]) => Promise<T>,
  ): Promise<T> {
    let changed: readonly RecordRef[] = []
    try {
      return await write((written) => {
        changed = written.changed
        return written.found
      })
    } finally {
      notify(changed)
    }
  }

  async function write(changes: readonly RatingChange[]): Promise<readonly boolean[]> {
    if (changes.length === 0) return []
    return telling((done) =>
      db.transaction(async (query) =>
        done(await writeChanges(changes, { query, channel, origin, clock })),
      ),
    )
  }

  async function apply(batch: ChangeBatch): Promise<number> {
    const { topic, partition, expectedPosition, nextPosition, changes } = batch
    const claim = [topic, partition, nextPosition]
    return telling((done) =>
      db.transaction(async (query) => {
        const claimed =
          expectedPosition === undefined
            ? await query(writing.claimFirst, claim)
            : await query(writing.claimNext, [...claim, expectedPosition])
        if (claimed.length === 0) {
          const [stored] = await query(reading.position, [topic, partition])
          return requirePosition(stored?.next_offset as number | undefined, batch)
        }
        if (changes.length > 0) done(await writeChanges(changes, { query, channel, origin, clock }))
        return nextPosition
      }),
    )
  }

  async function aggregates(records: readonly RecordRef[]): Promise<Aggregate[]> {
    const possible = records.filter((one) => isText(one.recordType) && isText(one.recordId))
    if (possible.length === 0) return []
    const types = possible.map(({ recordType }) => recordType)
    const ids = possible.map(({ recordId }) => recordId)
    return (await db.read(reading.aggregates, [types, ids])).map(toAggregate)
  }

  async function get(record: RecordRef, userId: string): Promise<StoredRating | undefined> {
    const { recordType, recordId } = record
    const key = [recordType, recordId, userId]
    if (!key.every(isText)) return undefined
    const [row] = await db.read(reading.rating, key)
    return row && { recordType, recordId, userId, ...toRating(row) }
  }

  async function top({ recordType, countMin, limit, after }: TopOptions): Promise<Aggregate[]> {
    if (!isText(recordType)) return []
    const score = after?.bayesianScore ?? Number.POSITIVE_INFINITY
    const id = beforeNul(after?.recordId ?? '')
    const rows = await db.read(reading.top, [recordType, score, id, countMin, limit])
    return rows.map(toAggregate)
  }

  return {
    durable: true,
    async put(ratings) {
      const found = await write(ratings.map((rating) => ({ ...rating, kind: 'put' })))
      return found.map((replaced) => (replaced ? 'replaced' : 'created'))
    },
    async delete(record, userId) {
      const [deleted] = await write([{ ...record, userId, kind: 'delete' }])
      return deleted === true
    },
    get,
    aggregate: async (record) => (await aggregates([record]))[0],
    aggregates,
    top,
    revision: async () => (await db.read(reading.scoring))[0]?.revision as number,
    onChange(listener) {
      const call = (changed: readonly RecordRef[]) => listener(changed)
      listeners.add(call)
      return () => listeners.delete(call)
    },
    async position(topic, partition) {
      const [row] = await db.read(reading.position, [topic, partition])
      return row?.next_offset as number | undefined
    },
    apply,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** A channel belongs to a database: tables in another schema of it are another store. */
async function channelOf(db: Postgres): Promise<string> {
  const text = 'SELECT oid FROM pg_namespace WHERE nspname = current_schema()'
  const [row] = await db.read({ text })
  return `marquee_rating_${row?.oid}`
}
