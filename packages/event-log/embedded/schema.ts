import type { Schema } from '@marquee/sql/sqlite/sqlite'

/**
 * Schema for `openSqlite`. `next_offset` outlives the records, so that no offset is used twice. A topic
 * without a row has the policy `delete`.
 */
export const logSchema: Schema = {
  applicationId: 0x6d_71_65_6c,
  migrations: [
    `CREATE TABLE partition (
     id INTEGER PRIMARY KEY,
     topic TEXT NOT NULL,
     number INTEGER NOT NULL,
     next_offset INTEGER NOT NULL DEFAULT 0,
     UNIQUE (topic, number)
   );
   CREATE TABLE record (
     partition_id INTEGER NOT NULL REFERENCES partition (id),
     offset INTEGER NOT NULL,
     timestamp_ms INTEGER NOT NULL,
     key TEXT NOT NULL,
     headers TEXT,
     value BLOB NOT NULL,
     PRIMARY KEY (partition_id, offset)
   ) WITHOUT ROWID;
   CREATE TABLE group_position (
     group_name TEXT NOT NULL,
     partition_id INTEGER NOT NULL REFERENCES partition (id),
     position INTEGER NOT NULL,
     update_time_ms INTEGER NOT NULL,
     PRIMARY KEY (group_name, partition_id)
   ) WITHOUT ROWID;
   CREATE TABLE lease (
     group_name TEXT NOT NULL,
     topic TEXT NOT NULL,
     owner TEXT NOT NULL,
     host TEXT NOT NULL,
     pid INTEGER NOT NULL,
     expiry_time_ms INTEGER NOT NULL,
     PRIMARY KEY (group_name, topic)
   ) WITHOUT ROWID;`,
    `CREATE TABLE log (identity TEXT NOT NULL);
   INSERT INTO log VALUES (lower(hex(randomblob(16))));`,
    // Bits: 1 for no key, 2 for no value. Keys are bytes from here on, and headers a list.
    'ALTER TABLE record ADD COLUMN absent INTEGER NOT NULL DEFAULT 0',
    // `clean_count` is the number of records that the last compaction left, up to `clean_end`.
    // A tombstone gets its row when everything that it deletes is removed.
    `CREATE TABLE topic (
     name TEXT PRIMARY KEY,
     cleanup TEXT NOT NULL CHECK (cleanup IN ('delete', 'compact'))
   ) WITHOUT ROWID;
   CREATE TABLE compaction (
     partition_id INTEGER PRIMARY KEY REFERENCES partition (id),
     clean_end INTEGER NOT NULL,
     clean_count INTEGER NOT NULL
   );
   CREATE TABLE tombstone (
     partition_id INTEGER NOT NULL REFERENCES partition (id),
     offset INTEGER NOT NULL,
     clean_time_ms INTEGER NOT NULL,
     PRIMARY KEY (partition_id, offset)
   ) WITHOUT ROWID;`,
  ],
}
