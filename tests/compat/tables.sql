-- case: table created
CREATE TABLE p (id int PRIMARY KEY);
-- migration: expand
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
CREATE INDEX ON t (p_id);
INSERT INTO t SELECT 1, id FROM p;
-- old: INSERT INTO p VALUES (1) => ok
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
