import type { DatabaseSync } from 'node:sqlite'
import { nextRevision } from '../../../platform/revision/revision.ts'
import { openSqlite, read, type Schema, transaction } from '../../../platform/sql/sqlite.ts'
import { announceUse } from '../../../platform/sql/sqlite-instance.ts'
import { createRowCache } from '../../../platform/sql/sqlite-row-cache.ts'
import { type Metadata, type StoredMetadata, searchWords } from '../metadata.ts'
import type { ListOptions, MetadataStore, PutOutcome } from './port.ts'

export interface SqliteMetadataStoreOptions {
  /** The database file, created when it is absent; `:memory:` for one that ends with the process. */
  readonly path: string
  /** Milliseconds since the Unix epoch. */
  readonly clock?: () => number
  /** Called with what an operator should know. */
  readonly onWarning?: (message: string) => void
}

/**
 * `metadata` is the movie as JSON. `movie_words` holds the search words of title and director, already split and
 * simplified, with spaces between: its tokenizer takes all but ASCII separators for letters, and so leaves them alone.
 */
const schema: Schema = {
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
  ],
}

/** How many movies are kept as they were read; each is some kilobytes at most. */
const cachedCountMax = 1_000

/** A catalogue in an SQLite file, which several processes may use at once. */
export function createSqliteMetadataStore(options: SqliteMetadataStoreOptions): MetadataStore {
  const { path, clock = Date.now, onWarning = () => {} } = options
  const db = openSqlite(path, schema)
  const use = path === ':memory:' ? undefined : announceUse(path, onWarning)
  db.prepare('INSERT OR IGNORE INTO catalogue VALUES (1, ?)').run(nextRevision(0, clock()))
  const sql = prepareStatements(db)
  const cache = createRowCache<StoredMetadata>(db, cachedCountMax)

  function revision(): number {
    return sql.revision.get()?.revision as number
  }

  function advance(): number {
    const next = nextRevision(revision(), clock())
    sql.setRevision.run(next)
    return next
  }

  function put(movie: Metadata, updateTimeMs: number, revision: number): PutOutcome {
    const { id, title, director } = movie
    const known = sql.number.get(id) !== undefined
    const row = sql.put.get(id, title, JSON.stringify(movie), updateTimeMs, revision)
    const words = searchWords(`${title} ${director}`)
    sql.putWords.run(row?.movie_number as number, words.join(' '))
    return known ? 'replaced' : 'created'
  }

  function putAll(movies: readonly Metadata[]): PutOutcome[] {
    if (movies.length === 0) return []
    const updateTimeMs = clock()
    const revision = advance()
    return movies.map((movie) => put(movie, updateTimeMs, revision))
  }

  function remove(id: string): boolean {
    const row = sql.delete.get(id)
    if (row === undefined) return false
    sql.deleteWords.run(row.movie_number as number)
    advance()
    return true
  }

  function write<T>(body: () => T): T {
    cache.clear()
    return transaction(db, body)
  }

  function find(id: string): StoredMetadata | undefined {
    const row = sql.get.get(id)
    return row && frozen(toMovie(row))
  }

  function list({ words, limit, after }: ListOptions): StoredMetadata[] {
    const { title, id } = after ?? { title: '', id: '' }
    if (words.length === 0) return sql.list.all(title, id, limit).map(toMovie)
    return sql.search.all(words.map(prefixTerm).join(' '), title, id, limit).map(toMovie)
  }

  return {
    durable: path !== ':memory:',
    get: async (id) => cache.get(id, () => find(id)),
    async getMany(ids) {
      const found = read(db, () => sql.getMany.all(JSON.stringify(ids))).map(toMovie)
      return new Map(found.map((movie) => [movie.id, movie]))
    },
    put: async (movies) => write(() => putAll(movies)),
    delete: async (id) => write(() => remove(id)),
    list: async (options) => read(db, () => list(options)),
    revision: async () => read(db, revision),
    async [Symbol.asyncDispose]() {
      use?.[Symbol.dispose]()
      if (db.isOpen) db.close()
    },
  }
}

function prepareStatements(db: DatabaseSync) {
  const columns = 'movie.metadata, movie.update_time_ms, movie.revision'
  return {
    get: db.prepare(`SELECT ${columns} FROM movie WHERE id = ?`),
    getMany: db.prepare(
      `SELECT ${columns} FROM json_each(?) AS asked CROSS JOIN movie ON movie.id = asked.value`,
    ),
    list: db.prepare(
      `SELECT ${columns} FROM movie WHERE (title, id) > (?, ?) ORDER BY title, id LIMIT ?`,
    ),
    search: db.prepare(
      `SELECT ${columns}
       FROM movie_words CROSS JOIN movie ON movie.movie_number = movie_words.rowid
       WHERE movie_words MATCH ? AND (title, id) > (?, ?) ORDER BY title, id LIMIT ?`,
    ),
    number: db.prepare('SELECT movie_number FROM movie WHERE id = ?'),
    put: db.prepare(
      `INSERT INTO movie (id, title, metadata, update_time_ms, revision) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET title = excluded.title, metadata = excluded.metadata,
         update_time_ms = excluded.update_time_ms, revision = excluded.revision
       RETURNING movie_number`,
    ),
    putWords: db.prepare('INSERT OR REPLACE INTO movie_words (rowid, words) VALUES (?, ?)'),
    delete: db.prepare('DELETE FROM movie WHERE id = ? RETURNING movie_number'),
    deleteWords: db.prepare('DELETE FROM movie_words WHERE rowid = ?'),
    revision: db.prepare('SELECT revision FROM catalogue'),
    setRevision: db.prepare('UPDATE catalogue SET revision = ?'),
  }
}

function toMovie(row: Record<string, unknown>): StoredMetadata {
  const movie = JSON.parse(row.metadata as string) as Metadata
  return {
    ...movie,
    updateTimeMs: row.update_time_ms as number,
    revision: row.revision as number,
  }
}

/** What a caller does to an answer must not reach the next one. */
function frozen(movie: StoredMetadata): StoredMetadata {
  Object.freeze(movie.genres)
  return Object.freeze(movie)
}

/** What begins with the word, in the query language of FTS5 (https://sqlite.org/fts5.html#full_text_query_syntax). */
function prefixTerm(word: string): string {
  return `"${word.replaceAll('"', '""')}"*`
}
