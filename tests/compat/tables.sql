-- case: table created
CREATE TABLE p (id int PRIMARY KEY);
-- migration: expand
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p ON DELETE CASCADE);
CREATE INDEX ON t (p_id);
INSERT INTO t SELECT 1, id FROM p;
-- old: INSERT INTO p VALUES (1); DELETE FROM p => ok
-- new: SELECT id FROM t => 42P01

-- case: table dropped
CREATE TABLE t (id int PRIMARY KEY);
-- migration: contract
DROP TABLE t;
-- old: SELECT id FROM t => 42P01

-- case: parent dropped with its foreign keys
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int REFERENCES p);
-- migration: breaking
DROP TABLE p CASCADE;
-- old: SELECT id FROM p => 42P01
-- new: INSERT INTO t VALUES (1, 1) => 23503

-- case: table renamed
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t RENAME TO u;
-- old: SELECT id FROM t => 42P01
-- new: SELECT id FROM u => 42P01

-- case: table renamed behind a view
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'x', b text NOT NULL);
-- migration: expand
ALTER TABLE t RENAME TO u;
CREATE VIEW t AS SELECT id, a, b FROM u;
-- old: INSERT INTO t (id, b) VALUES (1, 'y') ON CONFLICT (id) DO UPDATE SET a = 'z' RETURNING id => ok
-- old: UPDATE t SET a = 'q' => ok
-- old: DELETE FROM t => ok
-- new: SELECT id FROM u => 42P01

-- case: table renamed behind a star view
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t RENAME TO u;
CREATE VIEW t AS SELECT * FROM u;
-- old: INSERT INTO t (id, a) VALUES (1, 'y') => ok
-- new: SELECT id FROM u => 42P01

-- case: column renamed behind a view of the old name
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t RENAME TO u;
ALTER TABLE u RENAME COLUMN a TO b;
CREATE VIEW t AS SELECT id, b AS a FROM u;
-- old: INSERT INTO t (id, a) VALUES (1, 'y') => ok
-- new: SELECT b FROM u => 42P01

-- case: table replaced by a view that cannot be written
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t RENAME TO u;
CREATE VIEW t AS SELECT DISTINCT id, a FROM u;
-- old: INSERT INTO t (id, a) VALUES (1, 'y') => 55000
-- new: SELECT id FROM u => 42P01

-- case: view hides a required column
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: mixed
ALTER TABLE t RENAME TO u;
ALTER TABLE u ADD COLUMN c int NOT NULL;
CREATE VIEW t AS SELECT id, a FROM u;
-- old: INSERT INTO t (id, a) VALUES (1, 'y') => 23502
-- new: SELECT c FROM u => 42P01

-- case: table moved to another schema
CREATE SCHEMA s;
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t SET SCHEMA s;
-- old: SELECT id FROM t => 42P01
-- new: SELECT id FROM s.t => 42P01

-- case: schema renamed
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY);
-- migration: breaking
ALTER SCHEMA s RENAME TO r;
-- old: SELECT id FROM s.t => 42P01
-- new: SELECT id FROM r.t => 42P01

-- case: schema dropped
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY);
-- migration: contract
DROP SCHEMA s CASCADE;
-- old: SELECT id FROM s.t => 42P01

-- case: partition added
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: expand
CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
-- old: INSERT INTO t VALUES (1, '2020-05-05') => ok
-- new: INSERT INTO t VALUES (1, '2021-05-05') => 23514

-- case: partition detached
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: contract
ALTER TABLE t DETACH PARTITION t_1;
-- old: INSERT INTO t VALUES (1, '2020-05-05') => 23514

-- case: partition dropped
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
-- migration: contract
DROP TABLE t_1;
-- old: INSERT INTO t VALUES (1, '2020-05-05') => 23514
-- new: INSERT INTO t VALUES (1, '2021-05-05') => ok

-- case: partition swapped within a transaction
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: expand
ALTER TABLE t DETACH PARTITION t_1;
CREATE TABLE t_1a PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- old: INSERT INTO t VALUES (1, '2020-05-05') => ok
-- new: SELECT id FROM t_1a => 42P01

-- case: index of any kind
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
CREATE INDEX t_a ON t (a);
DROP INDEX t_a;
CREATE INDEX t_lower_a ON t (lower(a)) WHERE id > 5;
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: rows moved
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: migrate
UPDATE t SET a = 'x' WHERE a IS NULL;
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: column added and filled
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: mixed
ALTER TABLE t ADD COLUMN b text;
UPDATE t SET b = a;
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: SELECT b FROM t => 42703

-- case: unlogged
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t SET UNLOGGED;
ALTER TABLE t SET (fillfactor = 70);
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: default partition added
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: expand
CREATE TABLE t_rest PARTITION OF t DEFAULT;
-- old: INSERT INTO t VALUES (1, '2020-05-05') => ok
-- new: INSERT INTO t VALUES (1, '2025-05-05') => 23514

-- case: default partition dropped
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE t_rest PARTITION OF t DEFAULT;
-- migration: contract
DROP TABLE t_rest;
-- old: INSERT INTO t VALUES (1, '2025-05-05') => 23514
-- new: INSERT INTO t VALUES (1, '2020-05-05') => ok

-- case: attach prepared partition with its check
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE t_2 (id int, at date NOT NULL, CONSTRAINT b CHECK (at >= '2021-01-01' AND at < '2022-01-01'));
-- migration: expand
ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
ALTER TABLE t_2 DROP CONSTRAINT b;
-- old: INSERT INTO t_2 VALUES (1, '2021-05-05') => ok
-- new: INSERT INTO t VALUES (1, '2021-05-05') => 23514

-- case: new table created and attached
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: expand
CREATE TABLE t_2 (LIKE t INCLUDING ALL);
ALTER TABLE t_2 ADD CONSTRAINT b CHECK (at >= '2021-01-01' AND at < '2022-01-01');
ALTER TABLE t ATTACH PARTITION t_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
-- old: INSERT INTO t VALUES (1, '2020-05-05') => ok
-- new: INSERT INTO t VALUES (1, '2021-05-05') => 23514

-- case: partition widened by detach and attach
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- migration: expand
ALTER TABLE t DETACH PARTITION t_1;
ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM ('2020-01-01') TO ('2022-01-01');
-- old: INSERT INTO t VALUES (1, '2020-05-05') => ok
-- new: INSERT INTO t VALUES (1, '2021-05-05') => 23514

-- case: table becomes partitioned
CREATE TABLE t (id int PRIMARY KEY, at date NOT NULL);
-- migration: breaking
ALTER TABLE t RENAME TO t_old;
ALTER TABLE t_old RENAME CONSTRAINT t_pkey TO t_old_pkey;
CREATE TABLE t (id int NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE t_rest PARTITION OF t DEFAULT;
INSERT INTO t SELECT * FROM t_old;
-- old: INSERT INTO t VALUES (1, '2020-01-01') ON CONFLICT (id) DO NOTHING => 42P10
-- new: SELECT id FROM t_old => 42P01

-- case: list partition for a new value
CREATE TABLE t (id int, kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');
-- migration: expand
CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b', 'c');
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: INSERT INTO t VALUES (1, 'b') => 23514

-- case: partition split
CREATE TABLE t (id int, kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE t_ab PARTITION OF t FOR VALUES IN ('a', 'b');
-- migration: mixed
ALTER TABLE t DETACH PARTITION t_ab;
CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('a');
CREATE TABLE t_b PARTITION OF t FOR VALUES IN ('b');
INSERT INTO t SELECT * FROM t_ab;
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: SELECT id FROM t_a => 42P01

-- case: table moved with a view in place
CREATE SCHEMA app; CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t SET SCHEMA app;
CREATE VIEW t AS SELECT * FROM app.t;
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (id) DO NOTHING => ok
-- new: SELECT id FROM app.t => 42P01

-- case: empty schema dropped
CREATE SCHEMA app;
-- migration: free
DROP SCHEMA app;

-- case: as select
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
CREATE TABLE t_backup AS SELECT * FROM t;
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: SELECT a FROM t_backup => 42P01

-- case: truncate
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: migrate
TRUNCATE t RESTART IDENTITY;
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: seeds
CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE);
-- migration: migrate
INSERT INTO t VALUES (1, 'x') ON CONFLICT (a) DO UPDATE SET id = excluded.id;
-- old: INSERT INTO t VALUES (2, 'y') => ok

-- case: new table with seeds
-- migration: expand
CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE);
INSERT INTO t VALUES (1, 'x');
-- new: SELECT a FROM t => 42P01

-- case: temporary table only
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: migrate
CREATE TEMP TABLE fix AS SELECT id, upper(a) AS a FROM t;
UPDATE t SET a = fix.a FROM fix WHERE fix.id = t.id;
DROP TABLE fix;
-- old: INSERT INTO t VALUES (2, 'y') => ok

-- case: do block creates a type unless there
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
DO $$ BEGIN CREATE TYPE mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
ALTER TABLE t ADD COLUMN m mood;
-- old: INSERT INTO t VALUES (1) => ok
-- new: SELECT m FROM t => 42703

-- case: do block conditional column
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a') THEN
    ALTER TABLE t DROP COLUMN a;
  END IF;
END $$;
-- old: SELECT a FROM t => 42703
-- new: SELECT id FROM t => ok

-- case: do block executes constant
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
DO $do$ BEGIN EXECUTE 'ALTER TABLE t ALTER COLUMN a SET NOT NULL'; END $do$;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: index variants
CREATE TABLE t (id int PRIMARY KEY, a text, doc jsonb);
-- migration: free
CREATE INDEX ON t USING gin (doc jsonb_path_ops);
CREATE INDEX t_hash ON t USING hash (a);
CREATE INDEX t_brin ON t USING brin (id) WITH (pages_per_range = 32);
CREATE STATISTICS t_stat (dependencies) ON id, a FROM t;
REINDEX INDEX t_hash;
ALTER INDEX t_hash RENAME TO t_a_hash;
DROP INDEX IF EXISTS nothing;
-- old: INSERT INTO t VALUES (1, 'x', '{}') => ok

-- case: column rename with dependent view
CREATE TABLE t (id int PRIMARY KEY, a text); CREATE VIEW v AS SELECT id, a FROM t;
-- migration: breaking
ALTER TABLE t RENAME a TO b;
-- old: SELECT a FROM t => 42703
-- old: SELECT a FROM v => ok
-- new: SELECT b FROM t => 42703

-- case: drop column with trigger body on it
CREATE TABLE t (id int PRIMARY KEY, a text, b text);
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := NEW.a; RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tr();
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: INSERT INTO t (id, b) VALUES (1, 'x') => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 'x') => ok

-- case: table dropped that a trigger writes
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE log (t_id int);
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tr();
-- migration: contract
DROP TABLE log;
-- old: INSERT INTO t VALUES (1) => 42P01
-- new: INSERT INTO t VALUES (1) => ok

-- case: column the function reads is dropped
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT a FROM t LIMIT 1';
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: SELECT f() => 42703

-- case: partition built beside its parent and attached
CREATE TABLE t (id int, at date NOT NULL) PARTITION BY RANGE (at);
-- migration: expand
CREATE TABLE t_1 (LIKE t);
ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- new: INSERT INTO t VALUES (1, '2020-05-05') => 23514

-- case: referenced table renamed behind a view
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
-- migration: expand
ALTER TABLE p RENAME TO q;
CREATE VIEW p AS SELECT id FROM q;
ALTER TABLE t DROP CONSTRAINT t_p_id_fkey;
ALTER TABLE t ADD CONSTRAINT t_q FOREIGN KEY (p_id) REFERENCES q;
-- new: SELECT id FROM q => 42P01
