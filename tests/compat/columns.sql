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
