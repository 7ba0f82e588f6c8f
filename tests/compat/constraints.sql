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
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_a;
ALTER TABLE t ADD CONSTRAINT t_a UNIQUE (a) DEFERRABLE;
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => 55000
-- new: SET CONSTRAINTS t_a DEFERRED => 42809

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

-- case: check loosened by bound
CREATE TABLE t (id int PRIMARY KEY, a int CONSTRAINT t_a CHECK (a > 0));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT t_a, ADD CONSTRAINT t_a CHECK (a >= 0);
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: INSERT INTO t VALUES (1, 0) => 23514

-- case: check regex replaced
CREATE TABLE t (id int PRIMARY KEY, a text CONSTRAINT t_a CHECK (a ~ '^[a-z]+$'));
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_a;
ALTER TABLE t ADD CONSTRAINT t_a CHECK (a ~ '^[0-9]+$') NOT VALID;
-- old: INSERT INTO t VALUES (1, 'abc') => 23514
-- new: INSERT INTO t VALUES (1, '123') => 23514

-- case: check length tightened
CREATE TABLE t (id int PRIMARY KEY, a text CHECK (length(a) <= 50));
-- migration: contract
ALTER TABLE t ADD CONSTRAINT short CHECK (char_length(a) <= 5);
-- old: INSERT INTO t VALUES (1, 'abcdefgh') => 23514
-- new: INSERT INTO t VALUES (1, 'abc') => ok

-- case: check loosened by an or
CREATE TABLE t (id int PRIMARY KEY, kind text, a int, CONSTRAINT c CHECK (a > 0));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 0 OR kind = 'refund');
-- old: INSERT INTO t VALUES (1, 'x', 1) => ok
-- new: INSERT INTO t VALUES (1, 'refund', -1) => 23514

-- case: check with in and null arm
CREATE TABLE t (id int PRIMARY KEY, s text NOT NULL CONSTRAINT c CHECK (s IN ('a', 'b')));
-- migration: expand
ALTER TABLE t ALTER COLUMN s DROP NOT NULL, DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (s IS NULL OR s IN ('a', 'b'));
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: INSERT INTO t VALUES (1, NULL) => 23502

-- case: any array cast check
CREATE TABLE t (id int PRIMARY KEY, s text NOT NULL CONSTRAINT c CHECK (s = ANY (ARRAY['a'::text, 'b'::text])));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT c;
ALTER TABLE t ADD CONSTRAINT c CHECK (s::text = ANY (ARRAY['a'::character varying, 'b'::character varying, 'c'::character varying]::text[]));
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: INSERT INTO t VALUES (1, 'c') => 23514

-- case: not null check on either column
CREATE TABLE t (id int PRIMARY KEY, a text, b text);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT one CHECK (num_nonnulls(a, b) = 1);
-- old: INSERT INTO t VALUES (1, NULL, NULL) => 23514
-- new: INSERT INTO t VALUES (1, 'x', NULL) => ok

-- case: unique pair to single
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, CONSTRAINT u UNIQUE (a, b));
-- migration: contract
ALTER TABLE t DROP CONSTRAINT u;
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- old: INSERT INTO t VALUES (1, 1, 1) ON CONFLICT (a, b) DO NOTHING => 42P10
-- old: INSERT INTO t VALUES (1, 1, 1), (2, 1, 2) => 23505
-- new: INSERT INTO t VALUES (1, 1, 1) => ok

-- case: partial unique becomes full
CREATE TABLE t (id int PRIMARY KEY, a int, gone boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX t_a ON t (a) WHERE NOT gone;
-- migration: contract
DROP INDEX t_a;
CREATE UNIQUE INDEX t_a ON t (a);
-- old: INSERT INTO t VALUES (1, 1, false) ON CONFLICT (a) WHERE NOT gone DO NOTHING => ok
-- old: INSERT INTO t VALUES (1, 1, true), (2, 1, true) => 23505
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: partial predicate changed
CREATE TABLE t (id int PRIMARY KEY, a int, state text NOT NULL);
CREATE UNIQUE INDEX t_a ON t (a) WHERE state = 'open';
-- migration: breaking
DROP INDEX t_a;
CREATE UNIQUE INDEX t_a ON t (a) WHERE state = 'closed';
-- old: INSERT INTO t VALUES (1, 1, 'open') ON CONFLICT (a) WHERE state = 'open' DO NOTHING => 42P10
-- old: INSERT INTO t VALUES (1, 1, 'closed'), (2, 1, 'closed') => 23505
-- new: INSERT INTO t VALUES (1, 1, 'open'), (2, 1, 'open') => 23505

-- case: unique lower index dropped
CREATE TABLE t (id int PRIMARY KEY, email text);
CREATE UNIQUE INDEX t_email ON t (lower(email));
-- migration: breaking
DROP INDEX t_email;
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (lower(email)) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 'x'), (2, 'X') => 23505

-- case: unique lower index to plain
CREATE TABLE t (id int PRIMARY KEY, email text);
CREATE UNIQUE INDEX t_email ON t (lower(email));
-- migration: breaking
DROP INDEX t_email;
CREATE UNIQUE INDEX t_email ON t (email);
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (lower(email)) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 'x'), (2, 'X') => 23505

-- case: unique plain to lower
CREATE TABLE t (id int PRIMARY KEY, email text);
CREATE UNIQUE INDEX t_email ON t (email);
-- migration: contract
DROP INDEX t_email;
CREATE UNIQUE INDEX t_email ON t (lower(email));
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (email) DO NOTHING => 42P10
-- old: INSERT INTO t VALUES (1, 'x'), (2, 'X') => 23505
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: lower index beside plain unique is stricter
CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE);
-- migration: contract
CREATE UNIQUE INDEX t_email_lower ON t (lower(email));
-- old: INSERT INTO t VALUES (1, 'x'), (2, 'X') => 23505

-- case: nulls not distinct loosened
CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT u, ADD CONSTRAINT u UNIQUE (a);
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => ok
-- new: INSERT INTO t VALUES (1, NULL), (2, NULL) => 23505

-- case: nulls not distinct tightened
CREATE TABLE t (id int PRIMARY KEY, a int, CONSTRAINT u UNIQUE (a));
-- migration: contract
ALTER TABLE t DROP CONSTRAINT u, ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a);
-- old: INSERT INTO t VALUES (1, NULL), (2, NULL) => 23505
-- new: INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING => ok

-- case: exclusion dropped
CREATE EXTENSION btree_gist;
CREATE TABLE t (room int, during tsrange, CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT apart;
-- old: INSERT INTO t VALUES (1, '[2020-01-01,2020-01-02)') => ok
-- new: INSERT INTO t VALUES (1, '[2020-01-01,2020-01-05)'), (1, '[2020-01-02,2020-01-03)') => 23P01

-- case: exclusion narrowed to some rows
CREATE EXTENSION btree_gist;
CREATE TABLE t (room int, during tsrange, cancelled boolean NOT NULL DEFAULT false, CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT apart;
ALTER TABLE t ADD CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (NOT cancelled);
-- old: INSERT INTO t VALUES (1, '[2020-01-01,2020-01-02)') => ok
-- new: INSERT INTO t VALUES (1, '[2020-01-01,2020-01-05)', true), (1, '[2020-01-02,2020-01-03)', true) => 23P01

-- case: fk begins to cascade
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT fk REFERENCES p);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: expand
ALTER TABLE t DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE;
-- old: INSERT INTO t VALUES (2, 1) => ok
-- new: DELETE FROM p => 23503

-- case: fk cascade to set null
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT fk REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: free
ALTER TABLE t DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p ON DELETE SET NULL;
-- old: DELETE FROM p => ok
-- new: DELETE FROM p => ok

-- case: fk cascade to set null on required column
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL CONSTRAINT fk REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: contract
ALTER TABLE t DROP CONSTRAINT fk, ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p ON DELETE SET NULL;
-- old: DELETE FROM p => 23502
-- new: INSERT INTO t VALUES (2, 1) => ok

-- case: fk retargeted
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT fk REFERENCES p);
INSERT INTO p VALUES (1); INSERT INTO q VALUES (2);
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT fk;
ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES q NOT VALID;
-- old: INSERT INTO t VALUES (1, 1) => 23503
-- new: INSERT INTO t VALUES (1, 2) => 23503

-- case: fk recreated not valid and validated
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT fk REFERENCES p);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: free
ALTER TABLE t DROP CONSTRAINT fk;
ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT fk;
-- old: INSERT INTO t VALUES (2, 1) => ok
-- new: INSERT INTO t VALUES (2, 1) => ok

-- case: primary key replaced by a wider one
CREATE TABLE t (tenant int NOT NULL, id int NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id));
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (tenant, id);
-- old: INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 1), (2, 1) => 23505

-- case: primary key moves to a new uuid
CREATE TABLE t (id int CONSTRAINT t_pkey PRIMARY KEY, a text);
-- migration: breaking
ALTER TABLE t ADD COLUMN uid uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD PRIMARY KEY (uid);
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (id) DO NOTHING => 42P10
-- new: SELECT uid FROM t => 42703

-- case: primary key using index
CREATE TABLE t (id int NOT NULL, a text);
CREATE UNIQUE INDEX t_id ON t (id);
-- migration: free
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_id;
-- old: INSERT INTO t VALUES (1, 'x') ON CONFLICT (id) DO NOTHING => ok

-- case: constraint dropped that is not there
CREATE TABLE t (id int NOT NULL, a text);
-- migration: free
ALTER TABLE t DROP CONSTRAINT IF EXISTS t_old;
ALTER TABLE IF EXISTS nothing ADD COLUMN b text NOT NULL;
-- old: INSERT INTO t VALUES (1, 'x') => ok

-- case: unique constraint on new required defaulted pair
CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN tenant_id int NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX t_tenant_name ON t (tenant_id, name);
-- old: INSERT INTO t VALUES (1, 'x'), (2, 'x') => 23505
-- new: SELECT tenant_id FROM t => 42703

-- case: unique per tenant instead of global
CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, name text NOT NULL CONSTRAINT t_name UNIQUE);
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_name;
ALTER TABLE t ADD CONSTRAINT t_tenant_name UNIQUE (tenant, name);
-- old: INSERT INTO t VALUES (1, 1, 'x') ON CONFLICT (name) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'x') => 23505

-- case: exclusion over a column that is added with it
CREATE TABLE t (id int, a int4range);
-- migration: expand
ALTER TABLE t ADD COLUMN b int4range;
ALTER TABLE t ADD CONSTRAINT t_free EXCLUDE USING gist (b WITH &&, a WITH &&);
-- old: INSERT INTO t (id, a) VALUES (1, '[1,3)'), (2, '[2,4)') => ok
-- new: INSERT INTO t (id, a, b) VALUES (1, '[1,3)', '[1,3)') => 42703

-- case: unique index replaced by one that does not tell capitals
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL);
CREATE UNIQUE INDEX t_a ON t (a);
-- migration: contract
DROP INDEX t_a;
CREATE UNIQUE INDEX t_lower ON t (lower(a));
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'A') => 23505
-- old: INSERT INTO t VALUES (1, 'a') ON CONFLICT (a) DO NOTHING => 42P10
-- new: INSERT INTO t VALUES (1, 'a'), (2, 'b') => ok

-- case: primary key moved to another column under its name
CREATE TABLE t (a int, b int, CONSTRAINT t_pkey PRIMARY KEY (a, b));
-- migration: breaking
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD COLUMN id bigint GENERATED BY DEFAULT AS IDENTITY;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
ALTER TABLE t ADD CONSTRAINT t_a_b UNIQUE (a, b);
-- old: INSERT INTO t VALUES (1, 1), (1, 1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING => 23505
-- new: SELECT id FROM t => 42703

-- case: key of a text column that becomes citext
CREATE EXTENSION citext;
CREATE TABLE t (id int PRIMARY KEY, email text UNIQUE);
-- migration: contract
ALTER TABLE t ALTER COLUMN email TYPE citext;
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'A') => 23505
-- new: INSERT INTO t VALUES (1, 'a'::citext), (2, 'b'::citext) => ok

-- case: key of a citext column that becomes text
CREATE EXTENSION citext;
CREATE TABLE t (id int PRIMARY KEY, email citext UNIQUE);
-- migration: expand
ALTER TABLE t ALTER COLUMN email TYPE text;
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'b') => ok
-- new: INSERT INTO t VALUES (1, 'a'), (2, 'A') => 23505

-- case: text column without a key becomes citext
CREATE EXTENSION citext;
CREATE TABLE t (id int PRIMARY KEY, email text);
-- migration: free
ALTER TABLE t ALTER COLUMN email TYPE citext;
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'A') => ok
-- new: INSERT INTO t VALUES (1, 'a'), (2, 'A') => ok

-- case: reference in a new column that nobody has filled
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1);
-- migration: expand
ALTER TABLE t ADD COLUMN p_id int REFERENCES p;
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42703

-- case: reference in a new column that is filled
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, code int);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int REFERENCES p;
UPDATE t SET p_id = code;
-- old: DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42703

-- case: new column filled before its foreign key
CREATE TABLE p (id int PRIMARY KEY, code text); CREATE TABLE t (id int PRIMARY KEY, code text);
INSERT INTO p VALUES (1, 'a'); INSERT INTO t VALUES (1, 'a');
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int;
UPDATE t SET p_id = p.id FROM p WHERE p.code = t.code;
ALTER TABLE t ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p NOT VALID;
-- old: DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42703

-- case: reference in a new column set to null
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1);
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int REFERENCES p;
UPDATE t SET p_id = NULL;
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42703

-- case: filled reference that the parent's end sets to null
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, code int);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int REFERENCES p ON DELETE SET NULL, ADD COLUMN q_id int REFERENCES p ON DELETE CASCADE;
UPDATE t SET p_id = code, q_id = code;
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42703

-- case: reference copied from a column that refers to the same rows
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, owner int REFERENCES p, host int REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1), (2); INSERT INTO t VALUES (1, 1, NULL), (2, NULL, 2);
-- migration: mixed
ALTER TABLE t ADD COLUMN owner_id int REFERENCES p, ADD COLUMN host_id int REFERENCES p;
UPDATE t SET owner_id = owner, host_id = host;
-- old: DELETE FROM t; DELETE FROM p => ok
-- old: DELETE FROM p WHERE id = 2 => ok
-- new: SELECT owner_id FROM t => 42703

-- case: reference with a default to a table that is new
CREATE TABLE t (id int PRIMARY KEY);
INSERT INTO t VALUES (1);
-- migration: expand
CREATE TABLE p (id int PRIMARY KEY);
INSERT INTO p VALUES (1);
ALTER TABLE t ADD COLUMN p_id int NOT NULL DEFAULT 1 REFERENCES p;
-- old: INSERT INTO t (id) VALUES (2) => ok
-- new: SELECT p_id FROM t => 42703

-- case: reference that is computed
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, code int);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: breaking
ALTER TABLE t ADD COLUMN p_id int GENERATED ALWAYS AS (code) STORED REFERENCES p;
-- old: INSERT INTO t (id, code) VALUES (2, 2) => 23503
-- old: DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42703

-- case: reference that a trigger fills
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, code int);
INSERT INTO p VALUES (1);
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int REFERENCES p;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.p_id := NEW.code; RETURN NEW; END';
CREATE TRIGGER keep BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- old: INSERT INTO t VALUES (1, 1); DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42703

-- case: new table that refers to an old one
CREATE TABLE p (id int PRIMARY KEY);
INSERT INTO p VALUES (1);
-- migration: expand
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42P01

-- case: new table filled with references to an old one
CREATE TABLE p (id int PRIMARY KEY);
INSERT INTO p VALUES (1);
-- migration: mixed
CREATE TABLE t (id serial PRIMARY KEY, p_id int NOT NULL REFERENCES p);
INSERT INTO t (p_id) SELECT id FROM p;
-- old: DELETE FROM p => 23503
-- new: SELECT p_id FROM t => 42P01

-- case: new table with rows that refer to nothing
CREATE TABLE p (id int PRIMARY KEY);
INSERT INTO p VALUES (1);
-- migration: expand
CREATE TABLE t (id int PRIMARY KEY, p_id int REFERENCES p);
INSERT INTO t (id) VALUES (1); INSERT INTO t VALUES (2, NULL);
-- old: DELETE FROM p => ok
-- new: SELECT p_id FROM t => 42P01

-- case: table made anew under its foreign keys
CREATE TABLE p (id int PRIMARY KEY, n int); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT t_p REFERENCES p);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: breaking
ALTER TABLE p RENAME TO p_old;
CREATE TABLE p (id int CONSTRAINT p_key PRIMARY KEY, n int);
INSERT INTO p SELECT * FROM p_old;
-- old: INSERT INTO p VALUES (2); INSERT INTO t VALUES (2, 2) => 23503
-- new: SELECT id FROM p_old => 42P01

-- case: table made anew with its foreign keys
CREATE TABLE p (id int CONSTRAINT p_key PRIMARY KEY, n int); CREATE TABLE t (id int PRIMARY KEY, p_id int CONSTRAINT t_p REFERENCES p);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: migrate
ALTER TABLE p RENAME CONSTRAINT p_key TO p_gone;
ALTER TABLE p RENAME TO p_old;
CREATE TABLE p (id int CONSTRAINT p_key PRIMARY KEY, n int);
INSERT INTO p SELECT * FROM p_old;
ALTER TABLE t DROP CONSTRAINT t_p, ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p;
DROP TABLE p_old;
-- old: INSERT INTO p VALUES (2); INSERT INTO t VALUES (2, 2) => ok
-- old: INSERT INTO t VALUES (2, 1) => ok

-- case: partition attached again with less
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE a PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE b PARTITION OF p DEFAULT;
-- migration: contract
ALTER TABLE p DETACH PARTITION a;
ALTER TABLE p ATTACH PARTITION a FOR VALUES FROM (0) TO (5);
-- old: INSERT INTO p VALUES (1, 7) => ok
-- old: INSERT INTO a VALUES (1, 7) => 23514

-- case: partition attached again with more
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE a PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE b PARTITION OF p FOR VALUES FROM (20) TO (30);
-- migration: expand
ALTER TABLE p DETACH PARTITION a;
ALTER TABLE p ATTACH PARTITION a FOR VALUES FROM (0) TO (15);
-- old: INSERT INTO p VALUES (1, 7) => ok
-- old: INSERT INTO a VALUES (1, 7) => ok
-- new: INSERT INTO p VALUES (1, 12) => 23514

-- case: check on one partition
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE a PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE b PARTITION OF p FOR VALUES FROM (20) TO (30);
-- migration: contract
ALTER TABLE a ADD CONSTRAINT positive CHECK (id > 0);
-- old: INSERT INTO p VALUES (-1, 7) => 23514
-- old: INSERT INTO a VALUES (-1, 7) => 23514

-- case: check on one partition that its bound gives
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k);
CREATE TABLE a PARTITION OF p FOR VALUES FROM (0) TO (10);
-- migration: free
ALTER TABLE a ADD CONSTRAINT positive CHECK (k >= 0);
-- old: INSERT INTO p VALUES (1, 7) => ok

-- case: column that must be nulled refuses it
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int REFERENCES p ON DELETE SET NULL);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: contract
ALTER TABLE t ALTER COLUMN p_id SET NOT NULL;
-- old: DELETE FROM p => 23502

-- case: primary key on a column that is unique already
CREATE TABLE t (code text UNIQUE, a text);
-- migration: contract
ALTER TABLE t ADD PRIMARY KEY (code);
-- old: INSERT INTO t (a) VALUES ('x') => 23502
-- new: INSERT INTO t (code) VALUES ('x') => ok
-- new: INSERT INTO t (code) VALUES ('x') ON CONFLICT (code) DO NOTHING => ok

-- case: unique key in the place of a primary key
CREATE TABLE t (id bigint NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id));
-- migration: contract
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_id_key UNIQUE (id);
-- old: INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING => 42704
-- new: INSERT INTO t VALUES (1) ON CONFLICT (id) DO NOTHING => ok

-- case: unique key in the place of another of the same columns
CREATE TABLE t (id int, CONSTRAINT old_key UNIQUE (id));
-- migration: mixed
ALTER TABLE t ADD CONSTRAINT new_key UNIQUE (id);
ALTER TABLE t DROP CONSTRAINT old_key;
-- old: INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT old_key DO NOTHING => 42704
-- new: INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT new_key DO NOTHING => 42704

-- case: expression index that casts text
CREATE TABLE t (id int PRIMARY KEY, attrs jsonb NOT NULL DEFAULT '{}');
-- migration: contract
CREATE INDEX t_age ON t (((attrs->>'age')::int));
-- old: INSERT INTO t VALUES (1, '{"age": "unknown"}') => 22P02
-- new: INSERT INTO t VALUES (1, '{"age": 5}') => ok

-- case: expression indexes that never fail
CREATE TABLE t (id int PRIMARY KEY, attrs jsonb NOT NULL DEFAULT '{}', name text, n int, at timestamp);
-- migration: free
CREATE INDEX t_lower ON t (lower(name));
CREATE INDEX t_md5 ON t (md5(coalesce(name, '') || id::text));
CREATE INDEX t_attr ON t ((attrs->>'a'));
CREATE INDEX t_day ON t (date_trunc('day', at)) WHERE n > 5 AND attrs->>'a' = 'x';
CREATE INDEX t_part ON t ((n / 100), (id::bigint * 2), left(name, 3));
-- old: INSERT INTO t VALUES (1, '[]', NULL, 0, NULL), (2, '"x"', 'abc', -5, now()) => ok
-- new: INSERT INTO t VALUES (1, '[]', NULL, 0, NULL) => ok

-- case: expression index whose cast a check makes safe
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL CHECK (code ~ '^[0-9]{1,6}$'));
-- migration: free
CREATE INDEX t_code ON t ((code::int));
-- old: INSERT INTO t VALUES (1, '000005') => ok
-- new: INSERT INTO t VALUES (1, '000005') => ok

-- case: predicate of an index that casts text
CREATE TABLE t (id int PRIMARY KEY, payload jsonb NOT NULL);
-- migration: contract
CREATE INDEX t_big ON t (id) WHERE (payload->>'amount')::numeric > 100;
-- old: INSERT INTO t VALUES (1, '{"amount": "n/a"}') => 22P02
-- new: INSERT INTO t VALUES (1, '{"amount": 5}') => ok

-- case: index dropped that casts text
CREATE TABLE t (id int PRIMARY KEY, payload jsonb NOT NULL);
CREATE INDEX t_big ON t (id) WHERE (payload->>'amount')::numeric > 100;
-- migration: expand
DROP INDEX t_big;
-- old: INSERT INTO t VALUES (1, '{"amount": 5}') => ok
-- new: INSERT INTO t VALUES (1, '{"amount": "n/a"}') => 22P02

-- case: index on a range of two columns
CREATE TABLE t (id int PRIMARY KEY, a timestamptz NOT NULL, b timestamptz NOT NULL);
-- migration: contract
CREATE INDEX t_period ON t USING gist (tstzrange(a, b));
-- old: INSERT INTO t VALUES (1, '2024-01-02', '2024-01-01') => 22000
-- new: INSERT INTO t VALUES (1, '2024-01-01', '2024-01-02') => ok

-- case: index on a range whose bounds are in order
CREATE TABLE t (id int PRIMARY KEY, a timestamptz NOT NULL, b timestamptz NOT NULL, CHECK (a <= b));
-- migration: free
CREATE INDEX t_period ON t USING gist (tstzrange(a, b));
-- old: INSERT INTO t VALUES (1, '2024-01-01', '2024-01-02') => ok
-- new: INSERT INTO t VALUES (1, '2024-01-01', '2024-01-02') => ok

-- case: generated column that casts text
CREATE TABLE t (id int PRIMARY KEY, attrs jsonb NOT NULL DEFAULT '{}');
-- migration: breaking
ALTER TABLE t ADD COLUMN age int GENERATED ALWAYS AS ((attrs->>'age')::int) STORED;
-- old: INSERT INTO t VALUES (1, '{"age": "unknown"}') => 22P02
-- new: SELECT age FROM t => 42703

-- case: generated column that divides
CREATE TABLE t (id int PRIMARY KEY, clicks int NOT NULL, views int NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN ctr numeric GENERATED ALWAYS AS (clicks::numeric / views) STORED;
-- old: INSERT INTO t VALUES (1, 0, 0) => 22012
-- new: SELECT ctr FROM t => 42703

-- case: generated columns that divide with care
CREATE TABLE t (id int PRIMARY KEY, clicks int NOT NULL, views int NOT NULL, shown int NOT NULL CHECK (shown > 0));
-- migration: expand
ALTER TABLE t ADD COLUMN ctr numeric GENERATED ALWAYS AS (clicks::numeric / nullif(views, 0)) STORED,
    ADD COLUMN per numeric GENERATED ALWAYS AS (clicks::numeric / shown) STORED,
    ADD COLUMN cents numeric NOT NULL GENERATED ALWAYS AS (clicks / 100.0) STORED;
-- old: INSERT INTO t VALUES (1, 0, 0, 1) => ok
-- new: SELECT ctr FROM t => 42703

-- case: generated column not null of a nullable one
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL, last text);
-- migration: breaking
ALTER TABLE t ADD COLUMN full_name text NOT NULL GENERATED ALWAYS AS (first || ' ' || last) STORED;
-- old: INSERT INTO t VALUES (1, 'a') => 23502
-- new: SELECT full_name FROM t => 42703

-- case: generated column not null that makes up for null
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL, last text);
-- migration: expand
ALTER TABLE t ADD COLUMN full_name text NOT NULL GENERATED ALWAYS AS (first || coalesce(last, '')) STORED;
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: SELECT full_name FROM t => 42703

-- case: generated column of a narrow type
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN initial varchar(3) GENERATED ALWAYS AS (upper(first)) STORED;
-- old: INSERT INTO t VALUES (1, 'abcdef') => 22001
-- new: SELECT initial FROM t => 42703

-- case: generated columns that fit their types
CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL, short varchar(20) NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN initial varchar(3) GENERATED ALWAYS AS (upper(left(first, 3))) STORED,
    ADD COLUMN folded varchar(20) GENERATED ALWAYS AS (lower(short)) STORED,
    ADD COLUMN digest char(32) GENERATED ALWAYS AS (md5(first)) STORED;
-- old: INSERT INTO t VALUES (1, 'abcdef', '12345678901234567890') => ok
-- new: SELECT initial FROM t => 42703

-- case: generated column unique
CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN email_lc text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE;
-- old: INSERT INTO t VALUES (1, 'A'), (2, 'a') => 23505
-- new: SELECT email_lc FROM t => 42703

-- case: generated columns unique as what they are made of
CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL, slug text UNIQUE);
CREATE UNIQUE INDEX t_lower ON t (lower(email));
-- migration: expand
ALTER TABLE t ADD COLUMN email_lc text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE;
ALTER TABLE t ADD COLUMN number text GENERATED ALWAYS AS ('N' || id::text) STORED UNIQUE;
ALTER TABLE t ADD COLUMN up text GENERATED ALWAYS AS (upper(email)) STORED, ADD UNIQUE (id, up);
-- old: INSERT INTO t VALUES (1, 'A'), (2, 'b') => ok
-- new: SELECT email_lc FROM t => 42703

-- case: check on a generated column
CREATE TABLE t (id int PRIMARY KEY, qty int NOT NULL, cents int NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN total int GENERATED ALWAYS AS (qty - cents) STORED;
ALTER TABLE t ADD CONSTRAINT total_pos CHECK (total > 0);
-- old: INSERT INTO t VALUES (1, 0, 5) => 23514
-- new: SELECT total FROM t => 42703

-- case: check on a generated column that its source has
CREATE TABLE t (id int PRIMARY KEY, qty int NOT NULL CHECK (qty > 0));
-- migration: expand
ALTER TABLE t ADD COLUMN same int GENERATED ALWAYS AS (qty) STORED;
ALTER TABLE t ADD CONSTRAINT same_pos CHECK (same > 0);
-- old: INSERT INTO t VALUES (1, 5) => ok
-- new: SELECT same FROM t => 42703

-- case: check of a new column that may be null
CREATE TABLE t (id int PRIMARY KEY, starts date NOT NULL);
INSERT INTO t VALUES (1, '2024-01-01');
-- migration: expand
ALTER TABLE t ADD COLUMN ends date, ADD CONSTRAINT ends_after CHECK (ends IS NULL OR ends >= starts);
-- old: INSERT INTO t (id, starts) VALUES (2, '2024-01-01') => ok
-- old: UPDATE t SET starts = '2030-01-01' => ok
-- new: SELECT ends FROM t => 42703

-- case: check of a new column that is filled in the rows that are there
CREATE TABLE t (id int PRIMARY KEY, starts date NOT NULL);
INSERT INTO t VALUES (1, '2024-01-01');
-- migration: mixed
ALTER TABLE t ADD COLUMN ends date;
UPDATE t SET ends = starts + 1;
ALTER TABLE t ADD CONSTRAINT ends_after CHECK (ends IS NULL OR ends >= starts);
-- old: UPDATE t SET starts = '2030-01-01' => 23514
-- new: SELECT ends FROM t => 42703

-- case: check of a new column with a default against one that the application writes
CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN most int DEFAULT 10, ADD CONSTRAINT n_most CHECK (most IS NULL OR n <= most);
-- old: INSERT INTO t (id, n) VALUES (1, 11) => 23514
-- new: SELECT most FROM t => 42703

-- case: checks of new columns alone
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN w int, ADD COLUMN h int, ADD CONSTRAINT wh CHECK ((w IS NULL) = (h IS NULL)), ADD CONSTRAINT both_or_none CHECK (num_nulls(w, h) IN (0, 2));
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT w FROM t => 42703

-- case: check of new columns that nulls do not pass
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN w int, ADD COLUMN h int, ADD CONSTRAINT wh CHECK (num_nonnulls(w, h) = 1);
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: SELECT w FROM t => 42703

-- case: either of two owners, the first of which was required
CREATE TABLE t (id int PRIMARY KEY, post_id int NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN page_id int;
ALTER TABLE t ALTER COLUMN post_id DROP NOT NULL;
ALTER TABLE t ADD CONSTRAINT one_owner CHECK (num_nonnulls(post_id, page_id) = 1);
ALTER TABLE t ADD CONSTRAINT post_positive CHECK (post_id > 0 OR page_id IS NOT NULL);
-- old: INSERT INTO t (id, post_id) VALUES (1, 1) => ok
-- old: INSERT INTO t (id, post_id) VALUES (1, -1) => 23514
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: either of two owners, neither of which was required
CREATE TABLE t (id int PRIMARY KEY, post_id int);
-- migration: breaking
ALTER TABLE t ADD COLUMN page_id int, ADD CONSTRAINT one_owner CHECK (num_nonnulls(post_id, page_id) = 1);
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: SELECT page_id FROM t => 42703

-- case: reachable by either, the first of which was required
CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN phone text;
ALTER TABLE t ADD CONSTRAINT reachable CHECK (email IS NOT NULL OR phone IS NOT NULL);
ALTER TABLE t ALTER COLUMN email DROP NOT NULL;
-- old: INSERT INTO t (id, email) VALUES (1, 'a') => ok
-- new: INSERT INTO t (id) VALUES (1) => 23502

-- case: unique among those that a new column marks
CREATE TABLE t (id int PRIMARY KEY, user_id int NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN main boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX one_main ON t (user_id) WHERE main;
-- old: INSERT INTO t (id, user_id) VALUES (1, 1), (2, 1) => ok
-- new: SELECT main FROM t => 42703

-- case: unique among those that a new column marks by default
CREATE TABLE t (id int PRIMARY KEY, user_id int NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN main boolean NOT NULL DEFAULT true;
CREATE UNIQUE INDEX one_main ON t (user_id) WHERE main;
-- old: INSERT INTO t (id, user_id) VALUES (1, 1), (2, 1) => 23505
-- new: SELECT main FROM t => 42703

-- case: check that another one implies by which columns are null
CREATE TABLE t (id int PRIMARY KEY, card text, iban text, CONSTRAINT one_of CHECK (num_nonnulls(card, iban) = 1));
-- migration: expand
ALTER TABLE t DROP CONSTRAINT one_of, ADD CONSTRAINT some_of CHECK (card IS NOT NULL OR iban IS NOT NULL);
-- old: INSERT INTO t (id, card) VALUES (1, '1') => ok
-- new: INSERT INTO t (id, card, iban) VALUES (1, '1', '2') => 23514

-- case: check that is implied by none
CREATE TABLE t (id int PRIMARY KEY, card text, iban text, CONSTRAINT some_of CHECK (card IS NOT NULL OR iban IS NOT NULL));
-- migration: contract
ALTER TABLE t ADD CONSTRAINT one_of CHECK ((card IS NULL) <> (iban IS NULL));
-- old: INSERT INTO t (id, card, iban) VALUES (1, '1', '2') => 23514
-- new: INSERT INTO t (id, card) VALUES (1, '1') => ok

-- case: new column whose default its own check refuses
CREATE TABLE t (id int PRIMARY KEY);
-- migration: breaking
ALTER TABLE t ADD COLUMN age int DEFAULT 0 CONSTRAINT age_positive CHECK (age > 0);
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: SELECT age FROM t => 42703

-- case: new column whose default its own check takes
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
ALTER TABLE t ADD COLUMN code text DEFAULT 'AB' CONSTRAINT code_shape CHECK (code ~ '^[A-Z]+$');
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT code FROM t => 42703

-- case: check that the type implies
CREATE TABLE t (id int PRIMARY KEY, code varchar(32) NOT NULL, n smallint);
-- migration: free
ALTER TABLE t ADD CONSTRAINT code_length CHECK (char_length(code) <= 64), ADD CONSTRAINT n_range CHECK (n BETWEEN -40000 AND 40000);
-- old: INSERT INTO t VALUES (1, repeat('x', 32), 32767) => ok

-- case: check that is stricter than the type
CREATE TABLE t (id int PRIMARY KEY, code varchar(32) NOT NULL);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT code_length CHECK (char_length(code) <= 31);
-- old: INSERT INTO t VALUES (1, repeat('x', 32)) => 23514
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: default that a check refuses
CREATE TABLE t (id int PRIMARY KEY, state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')));
-- migration: contract
ALTER TABLE t ALTER COLUMN state SET DEFAULT 'draft';
-- old: INSERT INTO t (id) VALUES (1) => 23514
-- new: INSERT INTO t (id, state) VALUES (1, 'open') => ok

-- case: default that a check may refuse for another column's sake
CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, state text NOT NULL DEFAULT 'open', CHECK (state IN ('open', 'done') OR n > 0));
-- migration: free
ALTER TABLE t ALTER COLUMN state SET DEFAULT 'done';
-- old: INSERT INTO t (id, n) VALUES (1, 0) => ok
-- new: INSERT INTO t (id, n, state) VALUES (1, 0, 'open') => ok

-- case: default longer than the column
CREATE TABLE t (id int PRIMARY KEY, carrier varchar(4) NOT NULL DEFAULT 'dhl');
-- migration: contract
ALTER TABLE t ALTER COLUMN carrier SET DEFAULT 'unknown';
-- old: INSERT INTO t (id) VALUES (1) => 22001
-- new: INSERT INTO t VALUES (1, 'ups') => ok

-- case: default as long as the column
CREATE TABLE t (id int PRIMARY KEY, carrier varchar(4) NOT NULL DEFAULT 'dhl');
-- migration: free
ALTER TABLE t ALTER COLUMN carrier SET DEFAULT 'ups1  ';
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: INSERT INTO t VALUES (1, 'ups') => ok

-- case: default of a new column refers to a row that nothing inserted
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY);
-- migration: mixed
ALTER TABLE t ADD COLUMN p_id int NOT NULL DEFAULT 1;
ALTER TABLE t ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p NOT VALID;
-- old: INSERT INTO t (id) VALUES (1) => 23503
-- new: SELECT p_id FROM t => 42703

-- case: default of a new column refers to a row that is inserted
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY);
-- migration: expand
CREATE TABLE q (id int PRIMARY KEY);
INSERT INTO q VALUES (2), (1);
ALTER TABLE t ADD COLUMN q_id int NOT NULL DEFAULT 1;
ALTER TABLE t ADD CONSTRAINT t_q FOREIGN KEY (q_id) REFERENCES q NOT VALID;
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT q_id FROM t => 42703

-- case: text of checked length becomes as short
CREATE TABLE t (id int PRIMARY KEY, iso text NOT NULL CHECK (char_length(iso) <= 2), kind text CHECK (kind IN ('a', 'bb')));
-- migration: free
ALTER TABLE t ALTER COLUMN iso TYPE varchar(2), ALTER COLUMN kind TYPE varchar(2);
-- old: INSERT INTO t VALUES (1, 'DE', 'bb') => ok

-- case: text of checked length becomes shorter
CREATE TABLE t (id int PRIMARY KEY, iso text NOT NULL CHECK (char_length(iso) <= 3));
-- migration: contract
ALTER TABLE t ALTER COLUMN iso TYPE varchar(2);
-- old: INSERT INTO t VALUES (1, 'DEU') => 22001
-- new: INSERT INTO t VALUES (1, 'DE') => ok

-- case: nulls not distinct where there are none
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text NOT NULL, UNIQUE (a, b));
-- migration: free
CREATE UNIQUE INDEX t_a_b ON t (a, b) NULLS NOT DISTINCT;
-- old: INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'y') => ok

-- case: nulls not distinct where there may be one
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text, UNIQUE (a, b));
-- migration: contract
CREATE UNIQUE INDEX t_a_b ON t (a, b) NULLS NOT DISTINCT;
-- old: INSERT INTO t VALUES (1, 1, NULL), (2, 1, NULL) => 23505
-- new: INSERT INTO t VALUES (1, 1, 'x') => ok

-- case: unique key wider than one over an expression
CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, email text NOT NULL);
CREATE UNIQUE INDEX t_email ON t (lower(email));
-- migration: free
CREATE UNIQUE INDEX t_tenant_email ON t (tenant, lower(email));
-- old: INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'b') => ok

-- case: unique key over another expression
CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, email text NOT NULL);
CREATE UNIQUE INDEX t_email ON t (lower(email));
-- migration: contract
CREATE UNIQUE INDEX t_tenant_email ON t (tenant, left(email, 1));
-- old: INSERT INTO t VALUES (1, 1, 'ab'), (2, 1, 'ac') => 23505
-- new: INSERT INTO t VALUES (1, 1, 'a') => ok

-- case: second foreign key beside one that cascades
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL CONSTRAINT t_p REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: free
ALTER TABLE t ADD CONSTRAINT t_p2 FOREIGN KEY (p_id) REFERENCES p (id) NOT VALID;
-- old: DELETE FROM p => ok

-- case: second foreign key that restricts beside one that cascades
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL CONSTRAINT t_p REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: free
ALTER TABLE t ADD CONSTRAINT t_p2 FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE RESTRICT NOT VALID;
-- old: DELETE FROM p => ok

-- case: second foreign key before one that cascades
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL CONSTRAINT t_p REFERENCES p ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO t VALUES (1, 1);
-- migration: contract
ALTER TABLE t ADD CONSTRAINT t_p2 FOREIGN KEY (p_id) REFERENCES p (id) NOT VALID;
ALTER TABLE t DROP CONSTRAINT t_p, ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE;
-- old: DELETE FROM p => 23503
-- new: INSERT INTO t VALUES (2, 1) => ok

-- case: text with a check becomes a domain of the same check
CREATE TABLE t (id int PRIMARY KEY, zip text NOT NULL, CONSTRAINT zip_shape CHECK (zip ~ '^[0-9]{5}$'));
-- migration: mixed
CREATE DOMAIN zip_code AS text CHECK (VALUE ~ '^[0-9]{5}$');
ALTER TABLE t ALTER COLUMN zip TYPE zip_code;
ALTER TABLE t ADD CONSTRAINT id_positive CHECK (id > 0);
-- old: INSERT INTO t VALUES (1, '12345') => ok
-- old: INSERT INTO t VALUES (0, '12345') => 23514
-- new: SELECT NULL::zip_code => 42704

-- case: text with a check becomes a domain of another check
CREATE TABLE t (id int PRIMARY KEY, zip text NOT NULL, CONSTRAINT zip_shape CHECK (zip ~ '^[0-9]{4,5}$'));
-- migration: mixed
CREATE DOMAIN zip_code AS text CHECK (VALUE ~ '^[0-9]{5}$');
ALTER TABLE t ALTER COLUMN zip TYPE zip_code;
-- old: INSERT INTO t VALUES (1, '1234') => 23514
-- new: SELECT NULL::zip_code => 42704

-- case: list in a check becomes a table of the same values
CREATE TABLE t (id int PRIMARY KEY, status text NOT NULL, CONSTRAINT kinds CHECK (status IN ('open', 'closed')));
-- migration: expand
CREATE TABLE statuses (code text PRIMARY KEY);
INSERT INTO statuses VALUES ('open'), ('closed'), ('later');
ALTER TABLE t DROP CONSTRAINT kinds;
ALTER TABLE t ADD CONSTRAINT t_status FOREIGN KEY (status) REFERENCES statuses (code);
-- old: INSERT INTO t VALUES (1, 'closed') => ok
-- new: INSERT INTO t VALUES (1, 'later') => 23514

-- case: list in a check becomes a table of fewer values
CREATE TABLE t (id int PRIMARY KEY, status text NOT NULL, CONSTRAINT kinds CHECK (status IN ('open', 'closed')));
-- migration: mixed
CREATE TABLE statuses (code text PRIMARY KEY);
INSERT INTO statuses VALUES ('open');
ALTER TABLE t ADD CONSTRAINT t_status FOREIGN KEY (status) REFERENCES statuses (code);
-- old: INSERT INTO t VALUES (1, 'closed') => 23503
-- new: SELECT code FROM statuses => 42P01

-- case: foreign key of a pair that matches in full, with a new column
CREATE TABLE w (id int, zone int, PRIMARY KEY (id, zone));
CREATE TABLE t (id int PRIMARY KEY, w_id int NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN zone int;
ALTER TABLE t ADD CONSTRAINT t_w FOREIGN KEY (w_id, zone) REFERENCES w (id, zone) MATCH FULL NOT VALID;
-- old: INSERT INTO t VALUES (1, 7) => 23503
-- new: SELECT zone FROM t => 42703

-- case: foreign key of a pair with a new column
CREATE TABLE w (id int, zone int, PRIMARY KEY (id, zone));
CREATE TABLE t (id int PRIMARY KEY, w_id int NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN zone int;
ALTER TABLE t ADD CONSTRAINT t_w FOREIGN KEY (w_id, zone) REFERENCES w (id, zone);
-- old: INSERT INTO t VALUES (1, 7) => ok
-- new: SELECT zone FROM t => 42703

-- case: foreign key follows changes of the key from now on
CREATE TABLE p (code text PRIMARY KEY); INSERT INTO p VALUES ('a');
CREATE TABLE t (id int PRIMARY KEY, code text CONSTRAINT t_p REFERENCES p); INSERT INTO t VALUES (1, 'a');
-- migration: expand
ALTER TABLE t DROP CONSTRAINT t_p, ADD CONSTRAINT t_p FOREIGN KEY (code) REFERENCES p ON UPDATE CASCADE;
-- old: INSERT INTO t VALUES (2, 'a') => ok
-- new: UPDATE p SET code = 'b' => 23503

-- case: foreign key follows changes of the key no more
CREATE TABLE p (code text PRIMARY KEY); INSERT INTO p VALUES ('a');
CREATE TABLE t (id int PRIMARY KEY, code text CONSTRAINT t_p REFERENCES p ON UPDATE CASCADE); INSERT INTO t VALUES (1, 'a');
-- migration: contract
ALTER TABLE t DROP CONSTRAINT t_p, ADD CONSTRAINT t_p FOREIGN KEY (code) REFERENCES p;
-- old: UPDATE p SET code = 'b' => 23503
-- new: INSERT INTO t VALUES (2, 'a') => ok
