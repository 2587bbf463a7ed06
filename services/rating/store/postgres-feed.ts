import type { Connection, Query } from '@marquee/sql/postgres/connection'
import { startListener } from '@marquee/sql/postgres/listener'
import type { RecordRef } from '../rating.ts'
import { reading } from './postgres-tables.ts'

export interface FeedOptions {
  readonly connect: () => Promise<Connection>
  readonly channel: string
  /** Of the store itself: its writes are not told. */
  readonly origin: string
  readonly onRecords: (records: readonly RecordRef[]) => void
  readonly onDisconnect: (error: Error) => void
}

/** How many changed records are read, and told, at once. */
const pageSizeMax = 1_000

/**
 * Tells of the records that other stores change in the same database, in the order of their commits. What changed while
 * the connection was lost is told when there is one again, the own writes of that time among it.
 */
export function followChanges(options: FeedOptions): Promise<AsyncDisposable> {
  const { connect, channel, origin, onRecords, onDisconnect } = options
  /** The last revision that has been told, or was there before. */
  let told: number | undefined
  /** The last revision that was announced, and the one that was there when the announcements last fell silent. */
  let announced = 0
  let seen = 0

  async function tell(
    query: Query,
    range: { readonly after: number; readonly to: number },
    wanted: (revision: number) => boolean,
  ): Promise<void> {
    let place = [range.after, Number.MAX_SAFE_INTEGER]
    for (;;) {
      const rows = await query(reading.changes, [...place, range.to, pageSizeMax])
      const records = rows
        .filter((row) => wanted(row.revision as number))
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
    if (told !== undefined) await tell(query, { after: told, to }, () => true)
    told = to
    announced = Math.max(announced, to)
  }

  async function hear(payloads: readonly string[], query: Query): Promise<void> {
    const writes = payloads.map(parsePayload)
    const others = new Set(writes.filter((one) => one.origin !== origin).map((one) => one.revision))
    // In the order of the commits, which is that of the revisions.
    const to = writes.at(-1)?.revision ?? announced
    const [first] = others
    if (first !== undefined) {
      await tell(query, { after: first - 1, to }, (revision) => others.has(revision))
    }
    told = Math.max(told ?? 0, to)
    announced = Math.max(announced, to)
  }

  return startListener({
    connect,
    channel,
    onListening: catchUp,
    onPayloads: hear,
    // What was there at the last silence and has not been announced since is not going to be: a pooler between keeps
    // announcements to itself.
    async onIdle(query) {
      if (seen > announced) await catchUp(query)
      seen = await storedRevision(query)
    },
    onDisconnect,
  })
}

async function storedRevision(query: Query): Promise<number> {
  return (await query(reading.scoring))[0]?.revision as number
}

function parsePayload(payload: string): { origin: string; revision: number } {
  const [origin = '', revision] = payload.split(':')
  return { origin, revision: Number(revision) }
}
