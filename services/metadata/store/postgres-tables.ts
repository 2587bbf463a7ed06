import type { Row, Statement } from '@marquee/sql/postgres/connection'
import type { PostgresSchema } from '@marquee/sql/postgres/migrations'
import { type Metadata, type StoredMetadata, searchWords } from '../metadata.ts'

/**
 * `metadata` is the movie as JSON, which can represent U+0000. `title` is the title in UTF-8, as
 * bytes, because a text of Postgres cannot contain U+0000; the list is ordered by it. `words` are
 * the search words of title and director. `movie_word` holds them one by one. A trigger maintains
 * it, because instances of an older version may write to the same tables.
 */
export const schema: PostgresSchema = {
  kind: 'metadata',
  migrations: [
    `CREATE TABLE movie (
      id text COLLATE "C" PRIMARY KEY,
      title bytea NOT NULL,
      metadata json NOT NULL,
      words tsvector NOT NULL,
      update_time_ms bigint NOT NULL,
      revision bigint NOT NULL
    );
    CREATE INDEX movie_by_title ON movie (title, id);
    CREATE INDEX movie_by_word ON movie USING gin (words);
    CREATE TABLE catalogue (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      revision bigint NOT NULL
    );`,
    // A GIN index collects all movies with a prefix before it returns the first one, without a
    // limit.
    `CREATE TABLE movie_word (
      word text COLLATE "C",
      movie_id text COLLATE "C",
      PRIMARY KEY (word, movie_id)
    );
    INSERT INTO movie_word SELECT unnest(tsvector_to_array(words)), id FROM movie;
    DROP INDEX movie_by_word;
    CREATE FUNCTION keep_movie_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP <> 'INSERT' THEN
        DELETE FROM movie_word
          WHERE movie_id = OLD.id AND word = ANY (tsvector_to_array(OLD.words));
      END IF;
      IF TG_OP <> 'DELETE' THEN
        INSERT INTO movie_word SELECT unnest(tsvector_to_array(NEW.words)), NEW.id;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER movie_words_follow AFTER INSERT OR UPDATE OR DELETE ON movie
      FOR EACH ROW EXECUTE FUNCTION keep_movie_words();`,
  ],
}

const columns = 'movie.metadata, movie.update_time_ms, movie.revision'

export const sql = {
  getMany: {
    name: 'get-many',
    text: `SELECT ${columns} FROM movie WHERE id = ANY($1::text[])`,
  },
  list: {
    name: 'list',
    text: `SELECT ${columns} FROM movie WHERE (title, id) > ($1, $2) ORDER BY title, id LIMIT $3`,
  },
  countWords: {
    name: 'count-words',
    text: `SELECT (SELECT count(*) FROM (
        SELECT 1 FROM movie_word WHERE word >= start AND word < beyond LIMIT $3
      ) AS found) AS count
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS requested (start, beyond, place)
      ORDER BY place`,
  },
  // OFFSET 0 forces the planner to look up the candidates one by one.
  searchAmong: {
    name: 'search-among',
    text: `SELECT ${columns} FROM (
        SELECT found.* FROM (
          SELECT DISTINCT movie_id FROM movie_word WHERE word >= $5 AND word < $6
        ) AS candidate,
        LATERAL (SELECT * FROM movie WHERE id = candidate.movie_id OFFSET 0) AS found
        WHERE words @@ $4::tsquery AND (title, id) > ($1, $2)
      ) AS movie ORDER BY title, id LIMIT $3`,
  },
  searchSlice: {
    name: 'search-slice',
    text: `SELECT ${columns} FROM (
        SELECT * FROM movie WHERE (title, id) > ($1, $2) ORDER BY title, id LIMIT $5
      ) AS movie WHERE words @@ $4::tsquery ORDER BY title, id LIMIT $3`,
  },
  sliceEnd: {
    name: 'slice-end',
    text: `SELECT title, id FROM movie WHERE (title, id) > ($1, $2)
      ORDER BY title, id OFFSET $3::integer - 1 LIMIT 1`,
  },
  revision: { name: 'revision', text: 'SELECT revision FROM catalogue' },
  insertRevision: { text: 'INSERT INTO catalogue (revision) VALUES ($1) ON CONFLICT DO NOTHING' },
  lockRevision: { name: 'lock-revision', text: 'SELECT revision FROM catalogue FOR UPDATE' },
  setRevision: { name: 'set-revision', text: 'UPDATE catalogue SET revision = $1' },
  known: { name: 'known', text: 'SELECT id FROM movie WHERE id = ANY($1::text[])' },
  put: {
    name: 'put',
    text: `INSERT INTO movie (id, title, metadata, words, update_time_ms, revision)
      SELECT id, title, metadata, array_to_tsvector(string_to_array(words, ' ')), $5, $6
      FROM unnest($1::text[], $2::bytea[], $3::json[], $4::text[]) AS put (id, title, metadata, words)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, metadata = excluded.metadata,
        words = excluded.words, update_time_ms = excluded.update_time_ms,
        revision = excluded.revision`,
  },
  delete: { name: 'delete', text: 'DELETE FROM movie WHERE id = $1 RETURNING id' },
} satisfies Record<string, Statement>

/**
 * Maximum size of a compared word, in bytes: the limit of a lexeme. Only a word of more than 113
 * characters can be larger.
 */
const wordBytesMax = 2_046

/** Converts movies to the columns that `sql.put` takes. */
export function movieColumns(movies: readonly Metadata[]): unknown[][] {
  return [
    movies.map(({ id }) => id),
    movies.map(({ title }) => Buffer.from(title)),
    movies.map((movie) => JSON.stringify(movie)),
    movies.map(({ title, director }) => wordsOf(`${title} ${director}`).join(' ')),
  ]
}

function wordsOf(text: string): string[] {
  return searchWords(text).map(cut)
}

/**
 * Returns the range of texts that begin with each word: the first one, and the first one after the
 * range.
 */
export function prefixRanges(words: readonly string[]): [string[], string[]] {
  const starts = words.map(cut)
  return [starts, starts.map((start) => `${start}\u{10ffff}`)]
}

/**
 * Returns a query for the rows with a word that begins with each of these
 * (https://www.postgresql.org/docs/current/datatype-textsearch.html).
 */
export function prefixQuery(words: readonly string[]): string {
  return words.map((word) => `'${cut(word).replaceAll(/['\\]/g, '$&$&')}':*`).join(' & ')
}

function cut(word: string): string {
  const bytes = Buffer.from(word)
  if (bytes.length <= wordBytesMax) return word
  // The decoder omits an incomplete last character.
  return new TextDecoder().decode(bytes.subarray(0, wordBytesMax), { stream: true })
}

export function toMovie(row: Row): StoredMetadata {
  return {
    ...(row.metadata as Metadata),
    updateTimeMs: row.update_time_ms as number,
    revision: row.revision as number,
  }
}
