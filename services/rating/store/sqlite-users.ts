import type { DatabaseSync } from 'node:sqlite'

/**
 * `rating_to_index` has the ratings that are not in `rating_by_user` yet: a row for each write, with
 * `UserEntries` as JSON.
 */
export const userIndexMigration = `CREATE TABLE rating_by_user (
    user_id TEXT NOT NULL,
    update_time_ms INTEGER NOT NULL,
    record_number INTEGER NOT NULL,
    PRIMARY KEY (user_id, update_time_ms, record_number)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO rating_by_user
    SELECT user_id, update_time_ms, record_number FROM rating ORDER BY 1, 2, 3;
  CREATE TABLE rating_to_index (
    write_number INTEGER PRIMARY KEY,
    update_time_ms INTEGER NOT NULL,
    put TEXT NOT NULL,
    gone TEXT NOT NULL,
    entry_count INTEGER NOT NULL
  ) STRICT;`

/**
 * Number of entries that wait to be added to the index. Adding many at once is cheaper: they are in
 * fewer pages, which are written once.
 */
const waitingMax = 50_000

/** Ratings that one write has put and deleted. */
export interface UserEntries {
  /** Pairs of a record number and the users who put a rating of it. */
  readonly put: [recordNumber: number, userIds: string[]][]
  /** Ratings that were replaced or deleted, with the time of their put. */
  readonly gone: [userId: string, updateTimeMs: number, recordNumber: number][]
}

/**
 * Index of the ratings by user (`rating_by_user`). A write adds a row with all its changes to a list
 * (`rating_to_index`) instead, which costs a tenth of the time.
 */
export interface UserIndex {
  /** Adds the entries of a write. Called in its transaction. */
  add(entries: UserEntries, updateTimeMs: number): void
  /** Returns whether all entries are in the index. */
  isComplete(): boolean
  /** Moves all waiting entries to the index. Called in a transaction. */
  complete(): void
}

export function createUserIndex(db: DatabaseSync): UserIndex {
  const add = db.prepare(
    'INSERT INTO rating_to_index (update_time_ms, put, gone, entry_count) VALUES (?, ?, ?, ?)',
  )
  const count = db.prepare('SELECT total(entry_count) AS count FROM rating_to_index')
  const any = db.prepare('SELECT 1 FROM rating_to_index LIMIT 1')
  // In the order of the index.
  const index = db.prepare(
    `INSERT OR IGNORE INTO rating_by_user
       SELECT user.value, update_time_ms, record.value ->> 0
       FROM rating_to_index, json_each(put) AS record, json_each(record.value, '$[1]') AS user
       ORDER BY 1, 2, 3`,
  )
  // Afterwards, because one write may have replaced what another has put. A rating that was deleted
  // and put again in the same millisecond stays.
  const remove = db.prepare(
    `DELETE FROM rating_by_user AS entry WHERE (user_id, update_time_ms, record_number) IN (
       SELECT value ->> 0, value ->> 1, value ->> 2 FROM rating_to_index, json_each(gone)
     ) AND NOT EXISTS (
       SELECT 1 FROM rating WHERE rating.record_number = entry.record_number
         AND rating.user_id = entry.user_id AND rating.update_time_ms = entry.update_time_ms
     )`,
  )
  const clear = db.prepare('DELETE FROM rating_to_index')
  let waiting = count.get()?.count as number

  function complete(): void {
    index.run()
    remove.run()
    clear.run()
    waiting = 0
  }

  return {
    add({ put, gone }, updateTimeMs) {
      let entries = gone.length
      for (const [, userIds] of put) entries += userIds.length
      add.run(updateTimeMs, JSON.stringify(put), JSON.stringify(gone), entries)
      waiting += entries
      if (waiting >= waitingMax) complete()
    },
    isComplete: () => any.get() === undefined,
    complete,
  }
}
