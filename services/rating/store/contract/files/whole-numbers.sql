SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
CREATE TABLE aggregate (
    record_number bigint NOT NULL,
    record_type text NOT NULL COLLATE pg_catalog."C",
    record_id text NOT NULL COLLATE pg_catalog."C",
    ones integer DEFAULT 0 NOT NULL,
    twos integer DEFAULT 0 NOT NULL,
    threes integer DEFAULT 0 NOT NULL,
    fours integer DEFAULT 0 NOT NULL,
    fives integer DEFAULT 0 NOT NULL,
    count integer GENERATED ALWAYS AS (((((ones + twos) + threes) + fours) + fives)) STORED NOT NULL,
    bayesian_score double precision DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    CONSTRAINT aggregate_fives_check CHECK ((fives >= 0)),
    CONSTRAINT aggregate_fours_check CHECK ((fours >= 0)),
    CONSTRAINT aggregate_ones_check CHECK ((ones >= 0)),
    CONSTRAINT aggregate_threes_check CHECK ((threes >= 0)),
    CONSTRAINT aggregate_twos_check CHECK ((twos >= 0))
);
ALTER TABLE aggregate ALTER COLUMN record_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME aggregate_record_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE installation (
    single boolean DEFAULT true NOT NULL,
    id text NOT NULL,
    CONSTRAINT installation_single_check CHECK (single)
);
CREATE TABLE log (
    topic text NOT NULL COLLATE pg_catalog."C",
    identity text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE "position" (
    topic text NOT NULL COLLATE pg_catalog."C",
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    last_offset bigint,
    last_digest text
);
CREATE TABLE rating (
    record_number bigint NOT NULL,
    user_id text NOT NULL COLLATE pg_catalog."C",
    value smallint NOT NULL,
    update_time_ms bigint NOT NULL,
    CONSTRAINT rating_value_check CHECK (((value >= 1) AND (value <= 5)))
);
CREATE TABLE schema_version (
    single boolean DEFAULT true NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    CONSTRAINT schema_version_single_check CHECK (single)
);
CREATE TABLE scoring (
    single boolean DEFAULT true NOT NULL,
    revision bigint NOT NULL,
    prior_mean double precision NOT NULL,
    prior_weight double precision NOT NULL,
    CONSTRAINT scoring_single_check CHECK (single)
);
CREATE TABLE writer (
    id uuid NOT NULL,
    attempt bigint NOT NULL,
    used timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO aggregate OVERRIDING SYSTEM VALUE VALUES
	(1, 'movie', 'alien', 1, 1, 1, 1, 2, DEFAULT, 3.125, 1795942025557000),
	(2, 'book', 'heat', 0, 0, 0, 1, 0, DEFAULT, 3.090909090909091, 1795942025575000),
	(3, 'movie', 'gone', 0, 0, 0, 0, 0, DEFAULT, 0, 1795942025584000),
	(4, 'movie', 'heat', 0, 1, 0, 1, 1, DEFAULT, 3.1538461538461537, 1795942025618000);
INSERT INTO installation VALUES
	(true, 'daa3162068dc939fddaad6bc01704924');
INSERT INTO log VALUES
	('ratings', 'the-log');
INSERT INTO "position" VALUES
	('ratings', 2, 7, 6, 'abc');
INSERT INTO rating VALUES
	(1, 'user-0', 1, 1795942025557),
	(1, 'user-1', 2, 1795942025557),
	(1, 'user-2', 3, 1795942025557),
	(1, 'user-3', 4, 1795942025557),
	(1, 'user-4', 5, 1795942025557),
	(1, 'user-5', 5, 1795942025557),
	(4, 'ada', 4, 1795942025575),
	(4, 'ben', 2, 1795942025575),
	(2, 'ada', 4, 1795942025575),
	(4, 'cy', 5, 1795942025618);
INSERT INTO schema_version VALUES
	(true, 'rating', 2);
INSERT INTO scoring VALUES
	(true, 1795942025618000, 3, 10);
INSERT INTO writer VALUES
	('ee5e4d72-4d66-4a82-81ff-22dc018282cc', 5, '2026-11-29 08:47:05.600436+00');
SELECT pg_catalog.setval('aggregate_record_number_seq', 4, true);
ALTER TABLE ONLY aggregate
    ADD CONSTRAINT aggregate_pkey PRIMARY KEY (record_number);
ALTER TABLE ONLY aggregate
    ADD CONSTRAINT aggregate_record_type_record_id_key UNIQUE (record_type, record_id);
ALTER TABLE ONLY installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (single);
ALTER TABLE ONLY log
    ADD CONSTRAINT log_pkey PRIMARY KEY (topic);
ALTER TABLE ONLY "position"
    ADD CONSTRAINT position_pkey PRIMARY KEY (topic, partition);
ALTER TABLE ONLY rating
    ADD CONSTRAINT rating_pkey PRIMARY KEY (record_number, user_id);
ALTER TABLE ONLY schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (single);
ALTER TABLE ONLY scoring
    ADD CONSTRAINT scoring_pkey PRIMARY KEY (single);
ALTER TABLE ONLY writer
    ADD CONSTRAINT writer_pkey PRIMARY KEY (id);
CREATE INDEX aggregate_by_revision ON aggregate USING btree (revision, record_number);
CREATE INDEX aggregate_by_score ON aggregate USING btree (record_type, bayesian_score DESC, record_id, count) WHERE (count > 0);
