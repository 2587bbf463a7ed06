import type { DatabaseSync } from 'node:sqlite'
import type { Schema } from '@marquee/sql/sqlite/sqlite'
import type { Metadata, StoredMetadata } from '../metadata.ts'
import type { Change } from './port.ts'

/**
 * `metadata` is the movie as JSON. `external_id` holds the ids at other sources, which `metadata` has
 * too. A put removes them by a trigger, and inserts them again. `deleted_movie` holds the ids of the
 * last deletes, up to those that `forgotten_movies` names. Only older versions search `word` and
 * `movie_words`.
 */
export const schema: Schema = {
  applicationId: 0x6d_71_6d_64,
  migrations: [
    `CREATE TABLE movie (
    movie_number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    metadata TEXT NOT NULL,
    update_time_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX movie_by_title ON movie (title, id);
  CREATE VIRTUAL TABLE movie_words USING fts5 (
    words, tokenize = 'ascii', detail = none, content = '', contentless_delete = 1
  );
  CREATE TABLE catalogue (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL
  ) STRICT;`,
    // FTS5 collects all movies with a prefix before it returns the first one, without a limit.
    `CREATE TABLE word (
    word TEXT NOT NULL,
    movie_number INTEGER NOT NULL,
    PRIMARY KEY (word, movie_number)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, movie_words, instance);
  INSERT INTO word SELECT DISTINCT term, doc FROM temp.vocabulary ORDER BY term, doc;
  DROP TABLE temp.vocabulary;
  DROP TABLE movie_words;
  CREATE TABLE movie_words (movie_number INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT;
  INSERT INTO movie_words
    SELECT movie_number, group_concat(' ' || word, '') FROM word GROUP BY movie_number;
  INSERT OR IGNORE INTO movie_words SELECT movie_number, '' FROM movie;`,
    // The triggers also run for instances of an older version, whose movies have no external ids.
    `CREATE TABLE external_id (
    movie_number INTEGER NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    PRIMARY KEY (movie_number, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX external_id_by_source ON external_id (source, external_id);
  CREATE TRIGGER replaced_external_ids AFTER UPDATE ON movie BEGIN
    DELETE FROM external_id WHERE movie_number = old.movie_number;
  END;
  CREATE TRIGGER deleted_external_ids AFTER DELETE ON movie BEGIN
    DELETE FROM external_id WHERE movie_number = old.movie_number;
  END;`,
    // `catalogue` still has the revision before a delete. The trigger also runs for instances of an
    // older version.
    `CREATE INDEX movie_by_revision ON movie (revision, id);
  CREATE TABLE deleted_movie (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deleted_movie_by_revision ON deleted_movie (revision, id);
  CREATE TABLE forgotten_movies (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    revision INTEGER NOT NULL
  ) STRICT;
  INSERT INTO forgotten_movies VALUES (1, 0);
  CREATE TRIGGER noted_delete AFTER DELETE ON movie BEGIN
    INSERT OR REPLACE INTO deleted_movie SELECT old.id, revision + 1 FROM catalogue;
  END;
  CREATE TRIGGER restored_movie AFTER INSERT ON movie BEGIN
    DELETE FROM deleted_movie WHERE id = new.id;
  END;`,
    // Instances of an older version go on writing, and find nothing. They need a row of each movie in
    // `movie_words`, also of one that a newer version has put.
    `DELETE FROM word;
  CREATE TRIGGER unused_word BEFORE INSERT ON word BEGIN
    SELECT RAISE(IGNORE);
  END;
  CREATE TRIGGER unused_words AFTER INSERT ON movie BEGIN
    INSERT OR IGNORE INTO movie_words VALUES (new.movie_number, '');
  END;`,
  ],
}

const columns = 'movie.metadata, movie.update_time_ms, movie.revision'

/** Prepares every statement of the store. */
export function prepareStatements(db: DatabaseSync) {
  return { ...readers(db), ...writers(db) }
}

function readers(db: DatabaseSync) {
  return {
    get: db.prepare(`SELECT ${columns} FROM movie WHERE id = ?`),
    getMany: db.prepare(
      `SELECT ${columns} FROM json_each(?) AS requested CROSS JOIN movie ON movie.id = requested.value`,
    ),
    list: db.prepare(
      `SELECT ${columns} FROM movie WHERE (title, id) > (?, ?) ORDER BY title, id LIMIT ?`,
    ),
    revision: db.prepare('SELECT revision FROM catalogue'),
    changes: db.prepare(
      `SELECT id, revision, metadata, update_time_ms FROM movie WHERE (revision, id) > (?1, ?2)
       UNION ALL SELECT id, revision, NULL, NULL FROM deleted_movie WHERE (revision, id) > (?1, ?2)
       ORDER BY revision, id LIMIT ?3`,
    ),
    forgotten: db.prepare('SELECT revision FROM forgotten_movies'),
    number: db.prepare('SELECT movie_number FROM movie WHERE id = ?'),
    byExternalId: db.prepare(
      `SELECT id FROM external_id JOIN movie USING (movie_number)
       WHERE source = ? AND external_id = ? ORDER BY id LIMIT ?`,
    ),
  }
}

function writers(db: DatabaseSync) {
  return {
    put: db.prepare(
      `INSERT INTO movie (id, title, metadata, update_time_ms, revision) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET title = excluded.title, metadata = excluded.metadata,
         update_time_ms = excluded.update_time_ms, revision = excluded.revision
       RETURNING movie_number`,
    ),
    putExternalId: db.prepare('INSERT INTO external_id VALUES (?, ?, ?)'),
    delete: db.prepare('DELETE FROM movie WHERE id = ?'),
    forget: db.prepare(
      `UPDATE forgotten_movies SET revision = coalesce(
         (SELECT revision FROM deleted_movie ORDER BY revision DESC LIMIT 1 OFFSET ?), revision)`,
    ),
    removeForgotten: db.prepare(
      'DELETE FROM deleted_movie WHERE revision <= (SELECT revision FROM forgotten_movies)',
    ),
    insertRevision: db.prepare('INSERT OR IGNORE INTO catalogue VALUES (1, ?)'),
    setRevision: db.prepare('UPDATE catalogue SET revision = ?'),
  }
}

export function toChange(row: Record<string, unknown>): Change {
  if (row.metadata !== null) return { kind: 'put', movie: toMovie(row) }
  return { kind: 'deleted', id: row.id as string, revision: row.revision as number }
}

export function toMovie(row: Record<string, unknown>): StoredMetadata {
  const movie = JSON.parse(row.metadata as string) as Metadata
  return {
    ...movie,
    updateTimeMs: row.update_time_ms as number,
    revision: row.revision as number,
  }
}
