-- case: nullable column added
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t ADD COLUMN b text;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: SELECT b FROM t => 42703

-- case: required column added
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN b text NOT NULL;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, b) VALUES (1, 'x') => 42703

-- case: required column with a default added
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN b text NOT NULL DEFAULT '';
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT b FROM t => 42703

-- case: required column whose default is dropped again
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN b text NOT NULL DEFAULT '';
ALTER TABLE t ALTER COLUMN b DROP DEFAULT;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: SELECT b FROM t => 42703

-- case: required column by a check
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN b text CHECK (b IS NOT NULL);
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: SELECT b FROM t => 42703

-- case: nullable column with a check added
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN b int CHECK (b > 0);
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT b FROM t => 42703

-- case: unique nullable column added
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN b text UNIQUE;
-- old: INSERT INTO t (id) VALUES (1), (2) => ok
-- new: SELECT b FROM t => 42703

-- case: unique column with a constant default added
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN b text UNIQUE DEFAULT 'x';
-- old: INSERT INTO t (id) VALUES (1), (2) => 23505
-- new: SELECT b FROM t => 42703

-- case: referencing nullable column added
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO p VALUES (1);
-- migration: expand
ALTER TABLE t ADD COLUMN p_id int REFERENCES p;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42703

-- case: identity column added
CREATE TABLE t (a text);
-- migration: expand
ALTER TABLE t ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
-- old: INSERT INTO t (a) VALUES ('x') => ok
-- new: SELECT id FROM t => 42703

-- case: serial column added
CREATE TABLE t (a text);
-- migration: expand
ALTER TABLE t ADD COLUMN id serial;
-- old: INSERT INTO t (a) VALUES ('x') => ok
-- new: SELECT id FROM t => 42703

-- case: generated column added
CREATE TABLE t (a int NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) STORED;
-- old: INSERT INTO t (a) VALUES (1) => ok
-- new: SELECT b FROM t => 42703

-- case: nullable column dropped
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM t => 42703
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => 42703
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: required column dropped
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
-- migration: breaking
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: required column with a default dropped
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT '');
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: required column dropped whose trigger fills it
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := coalesce(NEW.a, 'x'); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- migration: contract
DROP TRIGGER fill ON t;
DROP FUNCTION fill();
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: column dropped and added back the same
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t ADD COLUMN a text;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: SELECT a FROM t => ok

-- case: column renamed
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t RENAME COLUMN a TO b;
-- old: SELECT a FROM t => 42703
-- new: SELECT b FROM t => 42703

-- case: not null set
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: not null set with a default
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT '');
-- migration: contract
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
-- old: INSERT INTO t (id, a) VALUES (1, NULL) => 23502
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: not null set behind a check
CREATE TABLE t (id int PRIMARY KEY, a text, CONSTRAINT a_set CHECK (a IS NOT NULL));
-- migration: free
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
ALTER TABLE t DROP CONSTRAINT a_set;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: not null by a check that is not valid yet
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT a_set CHECK (a IS NOT NULL) NOT VALID;
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: not null set where a trigger fills
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.a IS NULL THEN NEW.a = 'x'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- migration: free
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: not null dropped
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
-- migration: expand
ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: default set on a required column
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
-- migration: expand
ALTER TABLE t ALTER COLUMN a SET DEFAULT '';
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: default set on a nullable column
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t ALTER COLUMN a SET DEFAULT '';
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: default dropped from a required column
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT '');
-- migration: contract
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: default dropped from a nullable column
CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT '');
-- migration: free
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: default changed
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'a');
-- migration: free
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'b';
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id) VALUES (1) => ok

-- case: varchar widened
CREATE TABLE t (id int PRIMARY KEY, a varchar(5));
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE varchar(10);
-- old: INSERT INTO t (id, a) VALUES (1, 'abcde') => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'abcdefghij') => 22001

-- case: varchar to text
CREATE TABLE t (id int PRIMARY KEY, a varchar(5));
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE text;
-- old: INSERT INTO t (id, a) VALUES (1, 'abcde') => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'abcdefghij') => 22001

-- case: varchar narrowed
CREATE TABLE t (id int PRIMARY KEY, a varchar(10));
-- migration: contract
ALTER TABLE t ALTER COLUMN a TYPE varchar(5);
-- old: INSERT INTO t (id, a) VALUES (1, 'abcdefghij') => 22001
-- new: INSERT INTO t (id, a) VALUES (1, 'abcde') => ok

-- case: integer to bigint
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: breaking
ALTER TABLE t ALTER COLUMN a TYPE bigint;
-- old: INSERT INTO t (id, a) VALUES (1, 5) => ok
-- new: INSERT INTO t (id, a) VALUES (1, 3000000000) => 22003

-- case: integer to smallint
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
ALTER TABLE t ALTER COLUMN a TYPE smallint;
-- old: INSERT INTO t (id, a) VALUES (1, 40000) => 22003
-- new: INSERT INTO t (id, a) VALUES (1, 5) => ok

-- case: numeric widened
CREATE TABLE t (id int PRIMARY KEY, a numeric(6, 2));
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE numeric(10, 2);
-- old: INSERT INTO t (id, a) VALUES (1, 9999.99) => ok
-- new: INSERT INTO t (id, a) VALUES (1, 99999999.99) => 22003

-- case: text to uuid
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t ALTER COLUMN a TYPE uuid USING a::uuid;
-- old: INSERT INTO t (id, a) VALUES (1, 'abc') => 22P02

-- case: text to integer
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t ALTER COLUMN a TYPE int USING a::int;
-- old: INSERT INTO t (id, a) VALUES (1, 'abc') => 22P02

-- case: timestamp to timestamptz
CREATE TABLE t (id int PRIMARY KEY, a timestamp);
-- migration: breaking
ALTER TABLE t ALTER COLUMN a TYPE timestamptz;
-- old: INSERT INTO t (id, a) VALUES (1, '2020-01-01') => ok

-- case: identity by default to always
CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN id SET GENERATED ALWAYS;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => 428C9
-- new: INSERT INTO t (a) VALUES ('x') => ok

-- case: identity always to by default
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t ALTER COLUMN id SET GENERATED BY DEFAULT;
-- old: INSERT INTO t (a) VALUES ('x') => ok
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => 428C9

-- case: identity added
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
-- old: INSERT INTO t (id, a) VALUES (7, 'x') => ok
-- new: INSERT INTO t (a) VALUES ('x') => 23502

-- case: identity dropped
CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN id DROP IDENTITY;
-- old: INSERT INTO t (a) VALUES ('x') => 23502
-- new: INSERT INTO t (id, a) VALUES (1, 'x') => ok

-- case: generation expression dropped
CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
-- migration: expand
ALTER TABLE t ALTER COLUMN b DROP EXPRESSION;
-- old: INSERT INTO t (a) VALUES (1) => ok
-- new: INSERT INTO t (a, b) VALUES (1, 5) => 428C9

-- case: column replaced by a generated one
CREATE TABLE t (a int, b int);
-- migration: contract
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) STORED;
-- old: INSERT INTO t (a, b) VALUES (1, 5) => 428C9
-- new: INSERT INTO t (a) VALUES (1) => ok

-- case: storage and statistics
CREATE TABLE t (a text, b int);
-- migration: free
ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL;
ALTER TABLE t ALTER COLUMN b SET STATISTICS 500;
COMMENT ON COLUMN t.a IS 'x';
-- old: INSERT INTO t (a, b) VALUES ('x', 5) => ok

-- case: uuid volatile default
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
-- old: INSERT INTO t (id) VALUES (1), (2) => ok
-- new: SELECT token FROM t => 42703

-- case: add fill require
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL, last text NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN name text;
UPDATE t SET name = first || ' ' || last;
ALTER TABLE t ALTER COLUMN name SET NOT NULL;
-- old: INSERT INTO t (id, first, last) VALUES (1, 'a', 'b') => 23502
-- new: SELECT name FROM t => 42703

-- case: add with default fill require keeps default
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN name text DEFAULT '';
UPDATE t SET name = first;
ALTER TABLE t ALTER COLUMN name SET NOT NULL;
-- old: INSERT INTO t (id, first) VALUES (1, 'a') => ok
-- new: SELECT name FROM t => 42703

-- case: add column that exists if not exists
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t ADD COLUMN IF NOT EXISTS a text NOT NULL;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT a FROM t => ok

-- case: reference with default
CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN p_id int NOT NULL DEFAULT 1 REFERENCES p (id);
-- old: INSERT INTO t (id) VALUES (1) => ok
-- old: INSERT INTO t (id) VALUES (1); DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42703

-- case: drop missing column
CREATE TABLE t (id int PRIMARY KEY);
-- migration: free
ALTER TABLE t DROP COLUMN IF EXISTS b, DROP COLUMN IF EXISTS c CASCADE;
-- old: INSERT INTO t (id) VALUES (1) => ok

-- case: drop column of unique pair
CREATE TABLE t (id int PRIMARY KEY, a text, b text, UNIQUE (a, b));
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: INSERT INTO t (id, a, b) VALUES (1, 'x', 'y') => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 'y'), (2, 'y') => ok

-- case: drop column of unique pair nulls not distinct
CREATE TABLE t (id int PRIMARY KEY, a text, b text, UNIQUE NULLS NOT DISTINCT (a, b));
-- migration: breaking
ALTER TABLE t DROP COLUMN a;
-- old: INSERT INTO t (id, a, b) VALUES (1, 'x', 'y') => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 'y'), (2, 'y') => 23505

-- case: drop column of unique pair with default
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 0, b text NOT NULL, UNIQUE (a, b));
-- migration: breaking
ALTER TABLE t DROP COLUMN a;
-- old: INSERT INTO t (id, a, b) VALUES (1, 1, 'y') => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 'y'), (2, 'y') => 23505

-- case: drop column with check that null passes
CREATE TABLE t (id int PRIMARY KEY, a int, b int, CHECK (a > b));
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM t => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 5) => ok

-- case: drop column of either-or check
CREATE TABLE t (id int PRIMARY KEY, email text, phone text, CONSTRAINT reachable CHECK (email IS NOT NULL OR phone IS NOT NULL));
-- migration: breaking
ALTER TABLE t DROP COLUMN phone;
-- old: SELECT phone FROM t => 42703
-- new: INSERT INTO t (id) VALUES (1) => 23514

-- case: drop soft delete column with partial unique
CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL, deleted_at timestamptz);
CREATE UNIQUE INDEX t_email ON t (email) WHERE deleted_at IS NULL;
-- migration: breaking
ALTER TABLE t DROP COLUMN deleted_at;
-- old: SELECT deleted_at FROM t => 42703
-- new: INSERT INTO t (id, email) VALUES (1, 'x'), (2, 'x') => 23505

-- case: numeric constrained to unconstrained
CREATE TABLE t (id int PRIMARY KEY, a numeric(6,2));
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE numeric;
-- old: INSERT INTO t (id, a) VALUES (1, 9999.99) => ok
-- new: INSERT INTO t (id, a) VALUES (1, 123456789) => 22003

-- case: drop not null and default together
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x');
-- migration: expand
ALTER TABLE t ALTER COLUMN a DROP NOT NULL, ALTER COLUMN a DROP DEFAULT;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t (id, a) VALUES (1, NULL) => 23502

-- case: default null on required
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x');
-- migration: contract
ALTER TABLE t ALTER COLUMN a SET DEFAULT NULL;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, a) VALUES (1, 'y') => ok

-- case: id gets a sequence
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
CREATE SEQUENCE t_id_seq OWNED BY t.id;
ALTER TABLE t ALTER COLUMN id SET DEFAULT nextval('t_id_seq');
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: INSERT INTO t (a) VALUES ('x') => 23502

-- case: rename with generated alias
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t RENAME COLUMN a TO b;
ALTER TABLE t ADD COLUMN a text GENERATED ALWAYS AS (b) STORED;
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => 428C9
-- old: SELECT a FROM t => ok
-- new: SELECT b FROM t => 42703

-- case: required column filled by select into
CREATE TABLE s (t int); INSERT INTO s VALUES (7);
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
CREATE FUNCTION fill_n() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT s.t INTO NEW.n FROM s; RETURN NEW; END $$;
ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 0;
ALTER TABLE t ALTER COLUMN n DROP DEFAULT;
CREATE TRIGGER fill_n BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_n();
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: SELECT n FROM t => 42703

-- case: harmless table settings
CREATE TABLE t (id int PRIMARY KEY, a text); CREATE INDEX t_a ON t (a);
-- migration: free
ALTER TABLE t SET (autovacuum_vacuum_scale_factor = 0.01), ALTER COLUMN a SET COMPRESSION pglz, ALTER COLUMN a SET (n_distinct = 100);
ALTER TABLE t CLUSTER ON t_a;
ALTER TABLE t SET WITHOUT CLUSTER;
ALTER TABLE t REPLICA IDENTITY FULL;
ALTER TABLE t RESET (autovacuum_vacuum_scale_factor);
ALTER INDEX t_a SET (fillfactor = 80);
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: column added to parent reaches child
CREATE TABLE p (id int); CREATE TABLE c (extra text) INHERITS (p);
-- migration: breaking
ALTER TABLE p ADD COLUMN n int NOT NULL;
-- old: INSERT INTO c (id, extra) VALUES (1, 'x') => 23502
-- new: SELECT n FROM c => 42703

-- case: multi alter in one statement
CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b int);
-- migration: expand
ALTER TABLE t ADD COLUMN c jsonb NOT NULL DEFAULT '{}', ALTER COLUMN a TYPE varchar(20), ALTER COLUMN b SET DEFAULT 0;
-- old: INSERT INTO t (id, a, b) VALUES (1, 'x', 2) => ok
-- new: SELECT c FROM t => 42703

-- case: two tables one each way
CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE u (id int PRIMARY KEY);
-- migration: mixed
ALTER TABLE t DROP COLUMN a;
ALTER TABLE u ADD COLUMN b text;
-- old: SELECT a FROM t => 42703
-- new: SELECT b FROM u => 42703

-- case: text to varchar
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN a TYPE varchar(10);
-- old: INSERT INTO t VALUES (1, 'longer than that') => 22001
-- new: INSERT INTO t VALUES (1, 'short') => ok

-- case: varchar without length to text
CREATE TABLE t (id int PRIMARY KEY, a varchar);
-- migration: free
ALTER TABLE t ALTER COLUMN a TYPE text;
-- old: INSERT INTO t VALUES (1, 'longer than that') => ok
-- new: INSERT INTO t VALUES (1, 'short') => ok

-- case: collation changed
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t ALTER COLUMN a TYPE text COLLATE "C";
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: bit and char
CREATE TABLE t (id int PRIMARY KEY, a char(2));
-- migration: expand
ALTER TABLE t ALTER COLUMN a TYPE char(5);
-- old: INSERT INTO t VALUES (1, 'ab') => ok
-- new: INSERT INTO t VALUES (1, 'abcde') => 22001

-- case: column of a serial gets bigint identity
CREATE TABLE t (id serial PRIMARY KEY, a text);
-- migration: free
ALTER TABLE t ALTER COLUMN id DROP DEFAULT;
DROP SEQUENCE t_id_seq;
ALTER TABLE t ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
SELECT setval(pg_get_serial_sequence('t', 'id'), 1000);
-- old: INSERT INTO t (a) VALUES ('x') => ok
-- old: SELECT nextval('t_id_seq') => ok
-- new: INSERT INTO t (a) VALUES ('x') => ok

-- case: serial to always identity
CREATE TABLE t (id serial PRIMARY KEY, a text);
-- migration: contract
ALTER TABLE t ALTER COLUMN id DROP DEFAULT;
DROP SEQUENCE t_id_seq;
ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;
-- old: INSERT INTO t (id, a) VALUES (5, 'x') => 428C9
-- new: INSERT INTO t (a) VALUES ('x') => ok

-- case: column renamed and given another type
CREATE TABLE t (id int PRIMARY KEY, a boolean NOT NULL);
-- migration: breaking
ALTER TABLE t RENAME COLUMN a TO b;
ALTER TABLE t ALTER COLUMN b TYPE smallint USING b::int;
-- old: SELECT a FROM t => 42703
-- new: SELECT b FROM t => 42703
-- new: INSERT INTO t (id, b) VALUES (1, 5::smallint) => 42703

-- case: collation without regard to case
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL UNIQUE); INSERT INTO t VALUES (1, 'Bob');
-- migration: contract
ALTER TABLE t ALTER COLUMN name TYPE text COLLATE folded;
-- old: INSERT INTO t VALUES (2, 'bob') => 23505
-- old: SELECT id FROM t WHERE name ~ '^B' => 0A000
-- old: SELECT id FROM t WHERE name = 'Bob' => ok
-- new: SELECT id FROM t WHERE name = 'Bob' => ok

-- case: another collation with regard to case
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL UNIQUE); INSERT INTO t VALUES (1, 'Bob');
-- migration: free
ALTER TABLE t ALTER COLUMN name TYPE text COLLATE german;
-- old: INSERT INTO t VALUES (2, 'bob') => ok
-- old: SELECT id FROM t WHERE name ~ '^B' => ok
