SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
CREATE FUNCTION keep_movie_words() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE TABLE catalogue (
    single boolean DEFAULT true NOT NULL,
    revision bigint NOT NULL,
    CONSTRAINT catalogue_single_check CHECK (single)
);
CREATE TABLE movie (
    id text NOT NULL COLLATE pg_catalog."C",
    title bytea NOT NULL,
    metadata json NOT NULL,
    words tsvector NOT NULL,
    update_time_ms bigint NOT NULL,
    revision bigint NOT NULL
);
CREATE TABLE movie_word (
    word text NOT NULL COLLATE pg_catalog."C",
    movie_id text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE schema_version (
    single boolean DEFAULT true NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT schema_version_single_check CHECK (single)
);
CREATE TABLE writer (
    id uuid NOT NULL,
    attempt bigint NOT NULL,
    used timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO catalogue VALUES
	(true, 1795953385679000);
INSERT INTO movie VALUES
	('1', '\x416c69656e', '{"id":"1","title":"Alien","description":"A ship answers a call.\nNobody hears it.\u0000\"\\","director":"Ridley Scott","releaseDate":"1979-05-25","year":1979,"genres":["Horror","Science Fiction"],"runningTimeMinutes":117,"imdbRating":8.5,"imdbVotes":0}', '''alien'' ''ridley'' ''scott''', 1795953385669, 1795953385672000),
	('heat', '\x48656174', '{"id":"heat","title":"Heat","description":"","director":"","releaseDate":"","genres":[]}', '''heat''', 1795953385669, 1795953385672000);
INSERT INTO movie_word VALUES
	('alien', '1'),
	('ridley', '1'),
	('scott', '1'),
	('heat', 'heat');
INSERT INTO schema_version VALUES
	(true, 'metadata', 2);
INSERT INTO writer VALUES
	('3a266bb2-8d5f-44fc-bceb-07e8b6697035', 3, '2026-11-29 11:56:25.678911+00');
ALTER TABLE ONLY catalogue
    ADD CONSTRAINT catalogue_pkey PRIMARY KEY (single);
ALTER TABLE ONLY movie
    ADD CONSTRAINT movie_pkey PRIMARY KEY (id);
ALTER TABLE ONLY movie_word
    ADD CONSTRAINT movie_word_pkey PRIMARY KEY (word, movie_id);
ALTER TABLE ONLY schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (single);
ALTER TABLE ONLY writer
    ADD CONSTRAINT writer_pkey PRIMARY KEY (id);
CREATE INDEX movie_by_title ON movie USING btree (title, id);
CREATE TRIGGER movie_words_follow AFTER INSERT OR DELETE OR UPDATE ON movie FOR EACH ROW EXECUTE FUNCTION keep_movie_words();
