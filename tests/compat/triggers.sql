-- case: add and sync trigger both ways
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
ALTER TABLE t ADD COLUMN b text;
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.b IS NULL THEN NEW.b := NEW.a; END IF; IF NEW.a IS NULL THEN NEW.a := NEW.b; END IF; RETURN NEW; END $$;
CREATE TRIGGER sync BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION sync();
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: SELECT b FROM t => 42703

-- case: required column filled by trigger
CREATE TABLE t (id int PRIMARY KEY, a text);
-- migration: expand
CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.slug IS NULL THEN NEW.slug := lower(coalesce(NEW.a, 'x')); END IF; RETURN NEW; END $$;
ALTER TABLE t ADD COLUMN slug text NOT NULL DEFAULT '';
ALTER TABLE t ALTER COLUMN slug DROP DEFAULT;
CREATE TRIGGER fill_slug BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_slug();
-- old: INSERT INTO t (id, a) VALUES (1, 'x') => ok
-- new: SELECT slug FROM t => 42703

-- case: trigger that fills is dropped
CREATE TABLE t (id int PRIMARY KEY, slug text NOT NULL);
CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := coalesce(NEW.slug, 'x'); RETURN NEW; END $$;
CREATE TRIGGER fill_slug BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_slug();
-- migration: contract
DROP TRIGGER fill_slug ON t;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, slug) VALUES (1, 'x') => ok

-- case: trigger that fills is disabled
CREATE TABLE t (id int PRIMARY KEY, slug text NOT NULL);
CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := coalesce(NEW.slug, 'x'); RETURN NEW; END $$;
CREATE TRIGGER fill_slug BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_slug();
-- migration: contract
ALTER TABLE t DISABLE TRIGGER fill_slug;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- new: INSERT INTO t (id, slug) VALUES (1, 'x') => ok

-- case: guard trigger refuses deletes
CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x');
-- migration: contract
CREATE FUNCTION no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of % are kept', TG_TABLE_NAME; END $$;
CREATE TRIGGER no_delete BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION no_delete();
-- old: DELETE FROM t => P0001
-- new: INSERT INTO t VALUES (2, 'y') => ok

-- case: guard trigger refuses some rows
CREATE TABLE t (id int PRIMARY KEY, total int);
-- migration: contract
CREATE FUNCTION positive() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.total < 0 THEN RAISE EXCEPTION 'negative total' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$;
CREATE TRIGGER positive BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION positive();
-- old: INSERT INTO t VALUES (1, -1) => 23514
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: guard trigger dropped
CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x');
CREATE FUNCTION no_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows of % are kept', TG_TABLE_NAME; END $$;
CREATE TRIGGER no_delete BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION no_delete();
-- migration: expand
DROP TRIGGER no_delete ON t;
DROP FUNCTION no_delete();
-- old: INSERT INTO t VALUES (2, 'y') => ok
-- new: DELETE FROM t => P0001

-- case: trigger function begins to refuse
CREATE TABLE t (id int PRIMARY KEY, total int);
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER guard BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION guard();
-- migration: contract
CREATE OR REPLACE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.total IS NULL THEN RAISE EXCEPTION 'total needed'; END IF; RETURN NEW; END $$;
-- old: INSERT INTO t (id) VALUES (1) => P0001
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: trigger with notice only
CREATE TABLE t (id int PRIMARY KEY, total int);
-- migration: free
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'row %', NEW.id; RETURN NEW; END $$;
CREATE TRIGGER guard AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION guard();
-- old: INSERT INTO t (id) VALUES (1) => ok

-- case: audit trigger into new table
CREATE TABLE t (id int PRIMARY KEY, total int);
-- migration: expand
CREATE TABLE t_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t_id int NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION log_t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t_log (t_id) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER log_t AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION log_t();
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT id FROM t_log => 42P01

-- case: constraint trigger added
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
CREATE FUNCTION balanced() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF (SELECT sum(a) FROM t) <> 0 THEN RAISE EXCEPTION 'not balanced'; END IF; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION balanced();
-- old: INSERT INTO t VALUES (1, 5); SET CONSTRAINTS ALL IMMEDIATE => P0001
-- new: INSERT INTO t VALUES (1, 5), (2, -5) => ok

-- case: required column filled from one that may be null
CREATE TABLE t (id int PRIMARY KEY, email text);
-- migration: breaking
ALTER TABLE t ADD COLUMN canon text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.canon := lower(NEW.email); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, NULL) => 23502
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: SELECT canon FROM t => 42703

-- case: required column filled from a required one
CREATE TABLE t (id int PRIMARY KEY, email text NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN canon text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.canon IS NULL THEN NEW.canon := lower(NEW.email); ELSE NEW.email := NEW.canon; END IF;
    ELSIF NEW.email IS DISTINCT FROM OLD.email THEN
        NEW.canon := lower(NEW.email);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'a') => ok
-- new: SELECT canon FROM t => 42703

-- case: required column filled under a condition of the trigger
CREATE TABLE t (id int PRIMARY KEY, kind text);
-- migration: breaking
ALTER TABLE t ADD COLUMN code text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := coalesce(NEW.code, 'none'); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.kind = 'x') EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'y') => 23502
-- old: INSERT INTO t VALUES (1, 'x') => ok
-- new: SELECT code FROM t => 42703

-- case: required column filled where it is null
CREATE TABLE t (id int PRIMARY KEY, kind text);
-- migration: expand
ALTER TABLE t ADD COLUMN code text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := coalesce(NEW.kind, 'none'); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.code IS NULL) EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'y') => ok
-- new: SELECT code FROM t => 42703

-- case: required column filled in one branch
CREATE TABLE t (id int PRIMARY KEY, kind text);
-- migration: breaking
ALTER TABLE t ADD COLUMN code text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kind = 'x' THEN NEW.code := 'X'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'y') => 23502
-- new: SELECT code FROM t => 42703

-- case: required column filled in every branch
CREATE TABLE t (id int PRIMARY KEY, kind text);
-- migration: expand
ALTER TABLE t ADD COLUMN code text NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.code IS NOT NULL THEN RETURN NEW; END IF;
    CASE NEW.kind WHEN 'x' THEN NEW.code := 'X'; ELSE
        IF NEW.kind = 'y' THEN NEW.code := 'Y'; ELSIF NEW.kind = 'z' THEN NEW.code = 'Z'; ELSE NEW.code := md5(random()::text); END IF;
    END CASE;
    RETURN NEW;
END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'y'), (2, 'x'), (3, NULL) => ok
-- new: SELECT code FROM t => 42703

-- case: required column filled by what may find no row
CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN p_id int NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT id INTO NEW.p_id FROM p WHERE p.code = NEW.code; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'nope') => 23502
-- new: SELECT p_id FROM t => 42703

-- case: required column numbered by its trigger
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN n int NOT NULL;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT coalesce(max(n), 0) + 1 INTO NEW.n FROM t; RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill();
-- old: INSERT INTO t VALUES (1, 'nope') => ok
-- new: SELECT n FROM t => 42703

-- case: unique on a column that a trigger fills from another
CREATE TABLE t (id int PRIMARY KEY, title text NOT NULL);
-- migration: mixed
ALTER TABLE t ADD COLUMN slug text;
CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.slug := coalesce(NEW.slug, lower(NEW.title)); RETURN NEW; END $$;
CREATE TRIGGER fill_slug BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_slug();
CREATE UNIQUE INDEX t_slug ON t (slug);
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'A') => 23505
-- new: SELECT slug FROM t => 42703

-- case: unique on columns that a trigger fills with fresh values
CREATE TABLE t (id int PRIMARY KEY, title text NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN token text, ADD COLUMN code text;
CREATE FUNCTION fill_token() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.token := coalesce(NEW.token, gen_random_uuid()::text); RETURN NEW; END $$;
CREATE FUNCTION fill_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := coalesce(NEW.code, 'N' || NEW.id); RETURN NEW; END $$;
CREATE TRIGGER fill_token BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_token();
CREATE TRIGGER fill_code BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_code();
CREATE UNIQUE INDEX t_token ON t (token);
CREATE UNIQUE INDEX t_code ON t (code);
-- old: INSERT INTO t VALUES (1, 'a'), (2, 'a') => ok
-- new: SELECT token FROM t => 42703

-- case: trigger fills a narrow column
CREATE TABLE t (id int PRIMARY KEY, title text NOT NULL);
-- migration: breaking
ALTER TABLE t ADD COLUMN code varchar(10);
CREATE FUNCTION fill_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := upper(NEW.title); RETURN NEW; END $$;
CREATE TRIGGER fill_code BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_code();
-- old: INSERT INTO t VALUES (1, 'Hello big World') => 22001
-- new: SELECT code FROM t => 42703

-- case: trigger fills a narrow column with what fits
CREATE TABLE t (id int PRIMARY KEY, title text NOT NULL);
-- migration: expand
ALTER TABLE t ADD COLUMN code varchar(10);
CREATE FUNCTION fill_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.code := upper(left(NEW.title, 10)); RETURN NEW; END $$;
CREATE TRIGGER fill_code BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fill_code();
-- old: INSERT INTO t VALUES (1, 'Hello big World') => ok
-- new: SELECT code FROM t => 42703

-- case: check on a column that a trigger copies from one with that check
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL CHECK (a <> ''), b text);
-- migration: expand
ALTER TABLE t ADD COLUMN c text;
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.c IS NULL THEN NEW.c := NEW.a; ELSE NEW.a := NEW.c; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sync BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION sync();
ALTER TABLE t ADD CONSTRAINT c_check CHECK (c <> '') NOT VALID;
-- old: INSERT INTO t VALUES (1, 'x', '') => ok
-- new: SELECT c FROM t => 42703

-- case: check on a column that a trigger copies from one without it
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL CHECK (a <> ''), b text);
-- migration: mixed
ALTER TABLE t ADD COLUMN c text;
CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.c := NEW.b; RETURN NEW; END $$;
CREATE TRIGGER sync BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION sync();
ALTER TABLE t ADD CONSTRAINT c_check CHECK (c <> '') NOT VALID;
-- old: INSERT INTO t VALUES (1, 'x', '') => 23514
-- new: SELECT c FROM t => 42703
