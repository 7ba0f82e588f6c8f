-- case: check added
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0);
-- old: INSERT INTO t VALUES (1, -1) => 23514
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: check added without validation
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
-- old: INSERT INTO t VALUES (1, -1) => 23514
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: check validated
CREATE TABLE t (id int PRIMARY KEY, a int);
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
-- migration: migrate
ALTER TABLE t VALIDATE CONSTRAINT positive;
-- old: INSERT INTO t VALUES (1, 1) => ok

-- case: check dropped
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT positive CHECK (a > 0));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT positive;
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: INSERT INTO t VALUES (1, -1) => 23514

-- case: list in a check widened
CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT kinds CHECK (a IN ('x', 'y')));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT kinds;
ALTER TABLE t ADD CONSTRAINT kinds CHECK (a IN ('x', 'y', 'z'));
-- old: INSERT INTO t VALUES (1, 'y') => ok
-- new: INSERT INTO t VALUES (1, 'z') => 23514

-- case: list in a check narrowed
CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT kinds CHECK (a IN ('x', 'y', 'z')));
-- migration: contract
ALTER TABLE t DROP CONSTRAINT kinds, ADD CONSTRAINT kinds CHECK (a IN ('x', 'y')) NOT VALID;
-- old: INSERT INTO t VALUES (1, 'z') => 23514
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: list in a check with a label replaced
CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT kinds CHECK (a IN ('x', 'y')));
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT kinds, ADD CONSTRAINT kinds CHECK (a IN ('x', 'z'));
-- old: INSERT INTO t VALUES (1, 'y') => 23514
-- new: INSERT INTO t VALUES (1, 'z') => 23514

-- case: unique index added
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
CREATE UNIQUE INDEX t_a ON t (a);
-- old: INSERT INTO t VALUES (1, 1), (2, 1) => 23505
-- new: INSERT INTO t VALUES (1, 1), (2, 2) => ok

-- case: unique constraint over an existing unique index
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE UNIQUE INDEX t_a ON t (a);
-- migration: free
ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => ok

-- case: unique constraint wider than an existing one
CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b int);
-- migration: free
ALTER TABLE t ADD CONSTRAINT t_a_b UNIQUE (a, b);
-- old: INSERT INTO t VALUES (1, 1, 1) => ok

-- case: unique constraint dropped
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT t_a UNIQUE);
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_a;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 1), (2, 1) => 23505

-- case: redundant unique index dropped
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE UNIQUE INDEX t_id ON t (id);
-- migration: free
DROP INDEX t_id;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO NOTHING => ok

-- case: unique index replaced by another column set
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE UNIQUE INDEX t_a ON t (a);
-- migration: breaking
DROP INDEX t_a;
CREATE UNIQUE INDEX t_a ON t (a, b);
-- old: INSERT INTO t VALUES (1, 1, 1) ON CONFLICT (a) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 1, 1), (2, 1, 2) => 23505

-- case: unique index becomes partial
CREATE TABLE t (id int PRIMARY KEY, a int, gone boolean);
CREATE UNIQUE INDEX t_a ON t (a);
-- migration: breaking
DROP INDEX t_a;
CREATE UNIQUE INDEX t_a ON t (a) WHERE NOT gone;
-- old: INSERT INTO t VALUES (1, 1, false) ON CONFLICT (a) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 1, true), (2, 1, true) => 23505

-- case: unique constraint renamed
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT t_a UNIQUE);
-- migration: breaking
ALTER TABLE t RENAME CONSTRAINT t_a TO t_a_key;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT ON CONSTRAINT t_a DO NOTHING => 42704
-- new: INSERT INTO t VALUES (1, 1) ON CONFLICT ON CONSTRAINT t_a_key DO NOTHING => 42704

-- case: index and check renamed
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT positive CHECK (a > 0));
CREATE INDEX t_a ON t (a);
-- migration: free
ALTER INDEX t_a RENAME TO t_a_idx;
ALTER TABLE t RENAME CONSTRAINT positive TO a_positive;
-- old: INSERT INTO t VALUES (1, 1) => ok

-- case: primary key added
CREATE TABLE t (id int, a int);
-- migration: contract
ALTER TABLE t ADD PRIMARY KEY (id);
-- old: INSERT INTO t VALUES (1, 1), (1, 2) => 23505
-- old: INSERT INTO t (a) VALUES (1) => 23502
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: foreign key added
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p NOT VALID;
-- old: INSERT INTO t VALUES (2, 2) => 23503
-- old: DELETE FROM p => 23503
-- new: INSERT INTO t VALUES (2, 1) => ok

-- case: foreign key dropped
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT t_p REFERENCES p);
-- migration: expand
ALTER TABLE t DROP CONSTRAINT t_p;
-- old: INSERT INTO t VALUES (2, NULL) => ok
-- new: INSERT INTO t VALUES (2, 2) => 23503

-- case: foreign key stops cascading
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT t_p REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: contract
ALTER TABLE t DROP CONSTRAINT t_p;
ALTER TABLE t ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p;
-- old: DELETE FROM p => 23503

-- case: exclusion constraint added
CREATE TABLE t (id int PRIMARY KEY, at int4range);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING gist (at WITH &&);
-- old: INSERT INTO t VALUES (1, '[1,5)'), (2, '[2,3)') => 23P01
-- new: INSERT INTO t VALUES (1, '[1,5)') => ok

-- case: unique constraint becomes deferrable
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT t_a UNIQUE);
-- migration: contract
ALTER TABLE t DROP CONSTRAINT t_a;
ALTER TABLE t ADD CONSTRAINT t_a UNIQUE (a) DEFERRABLE;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => 55000

-- case: key over an old and a new column with a constant default
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: mixed
ALTER TABLE t ADD COLUMN b int NOT NULL DEFAULT 1;
ALTER TABLE t ADD CONSTRAINT t_b_a UNIQUE (b, a);
-- old: INSERT INTO t (id, a) VALUES (1, 1), (2, 1) => 23505
-- new: SELECT b FROM t => 42703

-- case: key over an old and a new nullable column
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: expand
ALTER TABLE t ADD COLUMN b int;
ALTER TABLE t ADD CONSTRAINT t_b_a UNIQUE (b, a);
-- old: INSERT INTO t (id, a) VALUES (1, 1), (2, 1) => ok
-- new: SELECT b FROM t => 42703

-- case: check between an old and a new column
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: expand
ALTER TABLE t ADD COLUMN b int;
ALTER TABLE t ADD CONSTRAINT a_before_b CHECK (a < b);
-- old: INSERT INTO t (id, a) VALUES (1, 1) => ok
-- new: SELECT b FROM t => 42703

-- case: check added and validated
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT positive;
-- old: INSERT INTO t VALUES (1, -1) => 23514
-- new: INSERT INTO t VALUES (1, 1) => ok
