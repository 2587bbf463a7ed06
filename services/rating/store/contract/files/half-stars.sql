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
    bayesian_score double precision DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 0 NOT NULL,
    histogram integer[] DEFAULT '{}'::integer[] NOT NULL,
    count integer DEFAULT 0 NOT NULL,
    prior_mean double precision DEFAULT 0 NOT NULL,
    prior_weight double precision DEFAULT 0 NOT NULL,
    update_time_ms bigint DEFAULT 0 NOT NULL,
    CONSTRAINT aggregate_histogram_check CHECK ((0 <= ALL (histogram)))
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
    step smallint NOT NULL,
    update_time_ms bigint NOT NULL,
    CONSTRAINT rating_step_check CHECK ((step >= 0))
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
    epoch bigint DEFAULT 0 NOT NULL,
    CONSTRAINT scoring_single_check CHECK (single)
);
CREATE TABLE scoring_rule (
    record_type text NOT NULL COLLATE pg_catalog."C",
    scale text NOT NULL,
    prior_mean double precision NOT NULL,
    prior_weight double precision NOT NULL
);
CREATE TABLE writer (
    id uuid NOT NULL,
    attempt bigint NOT NULL,
    used timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO aggregate OVERRIDING SYSTEM VALUE VALUES (1, 'movie', 'alien', 2.75, 1795954176278000, '{1,0,1,1,0,1,0,0,1,1}', 6, 2.75, 10, 1795954176276);
INSERT INTO aggregate OVERRIDING SYSTEM VALUE VALUES (3, 'photo', 'heat', 0.5454545454545454, 1795954176311000, '{0,1}', 1, 0.5, 10, 1795954176311);
INSERT INTO aggregate OVERRIDING SYSTEM VALUE VALUES (4, 'movie', 'gone', 0, 1795954176341000, '{0,0,0,0,0,0,0,0,0,0}', 0, 2.75, 10, 1795954176340);
INSERT INTO aggregate OVERRIDING SYSTEM VALUE VALUES (2, 'movie', 'heat', 2.8461538461538463, 1795954176361000, '{0,1,0,0,0,0,0,1,1,0}', 3, 2.75, 10, 1795954176360);
INSERT INTO installation VALUES (true, 'ccd6fd1ee0b426797ea27ab7f26e584b');
INSERT INTO log VALUES ('ratings', 'the-log');
INSERT INTO "position" VALUES ('ratings', 2, 7, 6, 'abc');
INSERT INTO rating VALUES (1, 'user-0', 0, 1795954176276);
INSERT INTO rating VALUES (1, 'user-1', 2, 1795954176276);
INSERT INTO rating VALUES (1, 'user-2', 3, 1795954176276);
INSERT INTO rating VALUES (1, 'user-3', 5, 1795954176276);
INSERT INTO rating VALUES (1, 'user-4', 8, 1795954176276);
INSERT INTO rating VALUES (1, 'user-5', 9, 1795954176276);
INSERT INTO rating VALUES (2, 'user-0', 7, 1795954176300);
INSERT INTO rating VALUES (2, 'user-1', 8, 1795954176300);
INSERT INTO rating VALUES (3, 'user-0', 1, 1795954176311);
INSERT INTO rating VALUES (2, 'user-5', 1, 1795954176360);
INSERT INTO schema_version VALUES (true, 'rating', 3);
INSERT INTO scoring VALUES (true, 1795954176361000, 1);
INSERT INTO scoring_rule VALUES ('photo', '0:1:1', 0.5, 10);
INSERT INTO scoring_rule VALUES ('', '0.5:5:0.5', 2.75, 10);
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
ALTER TABLE ONLY scoring_rule
    ADD CONSTRAINT scoring_rule_pkey PRIMARY KEY (record_type);
ALTER TABLE ONLY writer
    ADD CONSTRAINT writer_pkey PRIMARY KEY (id);
CREATE INDEX aggregate_by_revision ON aggregate USING btree (revision, record_number);
CREATE INDEX aggregate_by_score ON aggregate USING btree (record_type, bayesian_score DESC, record_id, count) WHERE (count > 0);
