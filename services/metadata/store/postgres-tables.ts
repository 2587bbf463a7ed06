import type { Row, Statement } from '@marquee/sql/postgres/connection'
import type { PostgresSchema } from '@marquee/sql/postgres/migrations'
import { externalIdsOf, type Metadata, type StoredMetadata } from '../metadata.ts'
import type { Change } from './port.ts'

/**
 * `metadata` is the movie as JSON, which can represent U+0000. `title` is the title in UTF-8, as
 * bytes, because a text of Postgres cannot contain U+0000; the list is ordered by it. `external_id`
 * holds the ids at other sources, which `metadata` has too. A put removes them by a trigger, and
 * inserts them again. `deleted_movie` holds the ids of the last deletes, up to those that
 * `forgotten_movies` names. Only older versions write `words`, and search `movie_word`.
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
    `CREATE TABLE external_id (
      movie_id text COLLATE "C",
      source text COLLATE "C",
      external_id text COLLATE "C" NOT NULL,
      PRIMARY KEY (movie_id, source)
    );
    CREATE INDEX external_id_by_source ON external_id (source, external_id, movie_id);
    CREATE FUNCTION remove_external_ids() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM external_id WHERE movie_id = OLD.id;
      RETURN NULL;
    END $$;
    CREATE TRIGGER external_ids_follow AFTER UPDATE OR DELETE ON movie
      FOR EACH ROW EXECUTE FUNCTION remove_external_ids();`,
    // `catalogue` still has the revision before a delete. The triggers also run for instances of an
    // older version.
    `CREATE INDEX movie_by_revision ON movie (revision, id);
    CREATE TABLE deleted_movie (id text COLLATE "C" PRIMARY KEY, revision bigint NOT NULL);
    CREATE INDEX deleted_movie_by_revision ON deleted_movie (revision, id);
    CREATE TABLE forgotten_movies (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      revision bigint NOT NULL
    );
    INSERT INTO forgotten_movies (revision) VALUES (0);
    CREATE FUNCTION note_deleted_movie() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        INSERT INTO deleted_movie SELECT OLD.id, revision + 1 FROM catalogue
          ON CONFLICT (id) DO UPDATE SET revision = excluded.revision;
      ELSE
        DELETE FROM deleted_movie WHERE id = NEW.id;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER deleted_movies_follow AFTER INSERT OR DELETE ON movie
      FOR EACH ROW EXECUTE FUNCTION note_deleted_movie();`,
    // Instances of an older version go on writing `words`, and find nothing.
    `DROP TRIGGER movie_words_follow ON movie;
    DROP FUNCTION keep_movie_words();
    TRUNCATE movie_word;
    ALTER TABLE movie ALTER COLUMN words SET DEFAULT '';`,
  ],
}

const columns = 'movie.metadata, movie.update_time_ms, movie.revision'

export const sql = {
  getMany: {
    name: 'get-many',
    text: `SELECT ${columns} FROM movie WHERE id = ANY($1::text[])`,
  },
  byExternalId: {
    name: 'by-external-id',
    text: `SELECT requested.external_id, found.movie_id
      FROM unnest($2::text[]) AS requested (external_id), LATERAL (
        SELECT movie_id FROM external_id
          WHERE source = $1 AND external_id.external_id = requested.external_id
          ORDER BY movie_id LIMIT $3
      ) AS found ORDER BY found.movie_id`,
  },
  list: {
    name: 'list',
    text: `SELECT ${columns} FROM movie WHERE (title, id) > ($1, $2) ORDER BY title, id LIMIT $3`,
  },
  changes: {
    name: 'changes',
    text: `SELECT * FROM (
        (SELECT id, revision, metadata, update_time_ms FROM movie
          WHERE (revision, id) > ($1, $2) ORDER BY revision, id LIMIT $3)
        UNION ALL
        (SELECT id, revision, NULL, NULL FROM deleted_movie
          WHERE (revision, id) > ($1, $2) ORDER BY revision, id LIMIT $3)
      ) AS change ORDER BY revision, id LIMIT $3`,
  },
  forgotten: { name: 'forgotten', text: 'SELECT revision FROM forgotten_movies' },
  forget: {
    text: `UPDATE forgotten_movies SET revision = coalesce(
        (SELECT revision FROM deleted_movie ORDER BY revision DESC LIMIT 1 OFFSET $1), revision)`,
  },
  removeForgotten: {
    text: 'DELETE FROM deleted_movie WHERE revision <= (SELECT revision FROM forgotten_movies)',
  },
  revision: { name: 'revision', text: 'SELECT revision FROM catalogue' },
  insertRevision: { text: 'INSERT INTO catalogue (revision) VALUES ($1) ON CONFLICT DO NOTHING' },
  lockRevision: { name: 'lock-revision', text: 'SELECT revision FROM catalogue FOR UPDATE' },
  setRevision: { name: 'set-revision', text: 'UPDATE catalogue SET revision = $1' },
  known: { name: 'known', text: 'SELECT id FROM movie WHERE id = ANY($1::text[])' },
  put: {
    name: 'put',
    text: `INSERT INTO movie (id, title, metadata, update_time_ms, revision)
      SELECT id, title, metadata, $4, $5
      FROM unnest($1::text[], $2::bytea[], $3::json[]) AS put (id, title, metadata)
      ON CONFLICT (id) DO UPDATE SET title = excluded.title, metadata = excluded.metadata,
        update_time_ms = excluded.update_time_ms, revision = excluded.revision`,
  },
  putExternalIds: {
    name: 'put-external-ids',
    text: 'INSERT INTO external_id SELECT * FROM unnest($1::text[], $2::text[], $3::text[])',
  },
  delete: { name: 'delete', text: 'DELETE FROM movie WHERE id = $1 RETURNING id' },
} satisfies Record<string, Statement>

/** Converts movies to the columns that `sql.put` takes. */
export function movieColumns(movies: readonly Metadata[]): unknown[][] {
  return [
    movies.map(({ id }) => id),
    movies.map(({ title }) => Buffer.from(title)),
    movies.map((movie) => JSON.stringify(movie)),
  ]
}

/** Converts the external ids of movies to the columns that `sql.putExternalIds` takes. */
export function externalIdColumns(movies: readonly Metadata[]): string[][] {
  const rows = movies.flatMap((movie) =>
    externalIdsOf(movie).map(([source, id]) => [movie.id, source, id] as const),
  )
  return [0, 1, 2].map((column) => rows.map((row) => row[column] as string))
}

export function toChange(row: Row): Change {
  if (row.metadata !== null) return { kind: 'put', movie: toMovie(row) }
  return { kind: 'deleted', id: row.id as string, revision: row.revision as number }
}

export function toMovie(row: Row): StoredMetadata {
  return {
    ...(row.metadata as Metadata),
    updateTimeMs: row.update_time_ms as number,
    revision: row.revision as number,
  }
}
