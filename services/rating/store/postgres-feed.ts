import type { Connection, Query } from '@marquee/sql/postgres/connection'
import { startListener } from '@marquee/sql/postgres/listener'
import type { RecordRef } from '../rating.ts'
import { reading } from './postgres-tables.ts'

export interface FeedOptions {
  readonly connect: () => Promise<Connection>
  readonly channel: string
  /** Origin of the store itself, whose own writes are not reported. */
  readonly origin: string
  readonly onRecords: (records: readonly RecordRef[]) => void
  readonly onDisconnect: (error: Error) => void
}

/** Maximum number of changed records that are read and reported at once. */
const pageSizeMax = 1_000

/**
 * Reports the records that other stores change in the same database, in the order of their commits.
 * After a lost connection, it reports everything that changed meanwhile, including own writes.
 */
export function followChanges(options: FeedOptions): Promise<AsyncDisposable> {
  const { connect, channel, origin, onRecords, onDisconnect } = options
  /** Last revision that was reported, or existed before. */
  let reported: number | undefined
  /** Last announced revision, and the revision when the announcements last paused. */
  let announced = 0
  let seen = 0

  async function report(
    query: Query,
    range: { readonly after: number; readonly to: number },
    isWanted: (revision: number) => boolean,
  ): Promise<void> {
    let place = [range.after, Number.MAX_SAFE_INTEGER]
    for (;;) {
      const rows = await query(reading.changes, [...place, range.to, pageSizeMax])
      const records = rows
        .filter((row) => isWanted(row.revision as number))
        .map((row) => ({
          recordType: row.record_type as string,
          recordId: row.record_id as string,
        }))
      if (records.length > 0) onRecords(records)
      const last = rows.at(-1)
      if (last === undefined || rows.length < pageSizeMax) return
      place = [last.revision as number, last.record_number as number]
    }
  }

  async function catchUp(query: Query): Promise<void> {
    const to = await storedRevision(query)
    if (reported !== undefined) await report(query, { after: reported, to }, () => true)
    reported = to
    announced = Math.max(announced, to)
  }

  async function hear(payloads: readonly string[], query: Query): Promise<void> {
    const writes = payloads.map(parsePayload)
    const others = new Set(writes.filter((one) => one.origin !== origin).map((one) => one.revision))
    // Commits are in the order of the revisions.
    const to = writes.at(-1)?.revision ?? announced
    const [first] = others
    if (first !== undefined) {
      await report(query, { after: first - 1, to }, (revision) => others.has(revision))
    }
    reported = Math.max(reported ?? 0, to)
    announced = Math.max(announced, to)
  }

  return startListener({
    connect,
    channel,
    onListening: catchUp,
    onPayloads: hear,
    // A revision from the last pause that was not announced since is lost: a pooler in between
    // withholds announcements.
    async onIdle(query) {
      if (seen > announced) await catchUp(query)
      seen = await storedRevision(query)
    },
    onDisconnect,
  })
}

/**
 * Returns the channel of this schema. A channel belongs to a database, and tables in another schema
 * are another store.
 */
export async function channelOf(query: Query): Promise<string> {
  const text = 'SELECT oid FROM pg_namespace WHERE nspname = current_schema()'
  const [row] = await query({ text })
  return `marquee_rating_${row?.oid}`
}

async function storedRevision(query: Query): Promise<number> {
  return (await query(reading.scoring))[0]?.revision as number
}

function parsePayload(payload: string): { origin: string; revision: number } {
  const [origin = '', revision] = payload.split(':')
  return { origin, revision: Number(revision) }
}
