-- case: trigger sets a field that is not there
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: contract
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
-- old: INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2 => 42703
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: SELECT id FROM t => ok

-- case: trigger sets a field that comes with it
CREATE TABLE t (id int PRIMARY KEY, a int);
-- migration: expand
ALTER TABLE t ADD COLUMN updated_at timestamptz;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
-- old: INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2 => ok
-- new: SELECT updated_at FROM t => 42703

-- case: existing trigger function put on a table without the field
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;
-- migration: contract
CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
-- old: INSERT INTO t VALUES (1, 1) => 42703
-- new: DELETE FROM t => ok

-- case: trigger function for several tables asks which one it is
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE u (id int PRIMARY KEY, b int);
-- migration: free
CREATE FUNCTION fold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_TABLE_NAME = 'u' THEN NEW.b = 1; END IF; RETURN NEW; END $$;
CREATE TRIGGER fold BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fold();
CREATE TRIGGER fold BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION fold();
-- old: INSERT INTO t VALUES (1, 1); INSERT INTO u VALUES (1, 2) => ok
-- new: INSERT INTO t VALUES (1, 1) => ok

-- case: history by star and a column in the table only
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE h (id int, a int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h SELECT OLD.*; RETURN OLD; END $$;
CREATE TRIGGER keep AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: breaking
ALTER TABLE t ADD COLUMN note text;
-- old: INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2 => 42601
-- old: INSERT INTO t VALUES (1, 1); DELETE FROM t => 42601
-- old: INSERT INTO t (id) VALUES (1) => ok
-- new: SELECT note FROM t => 42703

-- case: history by values and a column in the table only
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE h (what text, id int, a int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h VALUES (TG_OP, OLD.*); RETURN OLD; END $$;
CREATE TRIGGER keep AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: breaking
ALTER TABLE t ADD COLUMN note text;
-- old: INSERT INTO t VALUES (1, 1); DELETE FROM t => 42601
-- new: SELECT note FROM t => 42703

-- case: history by star and a column in both tables
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE h (id int, a int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h SELECT OLD.*; RETURN OLD; END $$;
CREATE TRIGGER keep AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: expand
ALTER TABLE t ADD COLUMN note text;
ALTER TABLE h ADD COLUMN note text;
-- old: INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2 => ok
-- new: SELECT note FROM t => 42703

-- case: history by star with columns behind it
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE h (id int, a int, at timestamptz, who text);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h SELECT OLD.*, now(), 'x'; RETURN OLD; END $$;
CREATE TRIGGER keep AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: breaking
ALTER TABLE t ADD COLUMN note int;
ALTER TABLE h ADD COLUMN note int;
-- old: INSERT INTO t VALUES (1, 1); DELETE FROM t => 42804
-- new: SELECT note FROM t => 42703

-- case: history by names and a column in the table only
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE h (id int, a int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h VALUES (OLD.id, OLD.a); RETURN OLD; END $$;
CREATE TRIGGER keep AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: expand
ALTER TABLE t ADD COLUMN note text;
-- old: INSERT INTO t VALUES (1, 1); UPDATE t SET a = 2 => ok
-- new: SELECT note FROM t => 42703

-- case: function in SQL gives a table by star
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION f() RETURNS TABLE (id int, a text) LANGUAGE sql AS 'SELECT * FROM t';
-- migration: breaking
ALTER TABLE t ADD COLUMN b text;
-- old: SELECT * FROM f() => 42P13
-- new: SELECT b FROM t => 42703

-- case: function in SQL gives the table's rows by names
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT id, a FROM t';
-- migration: breaking
ALTER TABLE t ADD COLUMN b text;
-- old: SELECT * FROM f() => 42P13
-- new: SELECT b FROM t => 42703

-- case: function in SQL gives the table's rows by star
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
CREATE FUNCTION g() RETURNS SETOF t LANGUAGE sql AS 'SELECT t.* FROM t JOIN t AS other ON other.id = t.id';
CREATE FUNCTION h() RETURNS SETOF t LANGUAGE sql AS 'SELECT t FROM t';
-- migration: expand
ALTER TABLE t ADD COLUMN b text;
-- old: SELECT * FROM f() => ok
-- old: SELECT * FROM g() => ok
-- old: SELECT * FROM h() => ok
-- new: SELECT b FROM f() => 42703

-- case: function in PL/pgSQL returns a query by star
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE FUNCTION f() RETURNS TABLE (x int, y text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM t; END $$;
CREATE FUNCTION g() RETURNS TABLE (x int, y text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT t.id, t.a FROM t; END $$;
-- migration: breaking
ALTER TABLE t ADD COLUMN b text;
-- old: SELECT * FROM f() => 42804
-- old: SELECT * FROM g() => ok
-- new: SELECT b FROM t => 42703

-- case: variable is also a new column
CREATE TABLE t (id int PRIMARY KEY, customer text, total int);
CREATE FUNCTION f(region text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET total = 0 WHERE customer = region; END $$;
CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ DECLARE region text := 'x'; BEGIN PERFORM id FROM t WHERE customer = region; END $$;
-- migration: breaking
ALTER TABLE t ADD COLUMN region text;
-- old: SELECT f('eu') => 42702
-- old: SELECT g() => 42702
-- new: SELECT region FROM t => 42703

-- case: variable is told apart from a new column
CREATE TABLE t (id int PRIMARY KEY, customer text, total int);
CREATE FUNCTION f(region text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET total = 0 WHERE customer = f.region; END $$;
CREATE FUNCTION g(region text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t (id, customer) VALUES (1, region); END $$;
CREATE FUNCTION h(region text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN UPDATE t SET total = 0 WHERE customer = region; END $$;
-- migration: expand
ALTER TABLE t ADD COLUMN region text;
-- old: SELECT f('eu') => ok
-- old: SELECT g('eu') => ok
-- old: SELECT h('eu') => ok
-- new: SELECT region FROM t => 42703

-- case: joined tables share a new column
CREATE TABLE o (id int PRIMARY KEY, title text);
CREATE TABLE t (id int PRIMARY KEY, o_id int REFERENCES o, name text);
CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS 'SELECT name FROM t JOIN o ON o.id = o_id';
CREATE FUNCTION g() RETURNS SETOF text LANGUAGE sql AS 'SELECT t.name FROM t JOIN o ON o.id = o_id ORDER BY name';
-- migration: breaking
ALTER TABLE o ADD COLUMN name text;
-- old: SELECT f() => 42702
-- old: SELECT g() => ok
-- new: SELECT name FROM o => 42703

-- case: function names a table that is renamed
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
-- migration: breaking
ALTER TABLE t RENAME TO s;
-- old: SELECT f() => 42P01
-- new: SELECT id FROM s => 42P01

-- case: inserted or updated under the names of a variable's column
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION f(x int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO t AS there (id, a) VALUES (x, 1) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a WHERE there.a <> EXCLUDED.a;
END $$;
-- migration: expand
ALTER TABLE t ADD COLUMN x int;
-- old: SELECT f(1) => ok
-- new: SELECT x FROM t => 42703

-- case: child filled by the migration and cleared by a trigger
CREATE TABLE p (id int PRIMARY KEY, a text); INSERT INTO p VALUES (1, 'x');
-- migration: expand
CREATE TABLE c (p_id int PRIMARY KEY REFERENCES p, a text);
INSERT INTO c (p_id, a) SELECT id, a FROM p;
CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM c WHERE p_id = OLD.id; RETURN OLD; END $$;
CREATE TRIGGER clear BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION clear();
-- old: DELETE FROM p => ok
-- new: SELECT a FROM c => 42P01

-- case: trigger makes child rows that hold the parent
CREATE TABLE p (id int PRIMARY KEY, a text);
-- migration: mixed
CREATE TABLE c (p_id int PRIMARY KEY REFERENCES p, cents int NOT NULL DEFAULT 0);
CREATE FUNCTION make() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO c (p_id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER make AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION make();
-- old: INSERT INTO p VALUES (1, 'x'); DELETE FROM p => 23503
-- new: SELECT cents FROM c => 42P01

-- case: trigger makes child rows that go with the parent
CREATE TABLE p (id int PRIMARY KEY, a text);
-- migration: expand
CREATE TABLE c (p_id int PRIMARY KEY REFERENCES p ON DELETE CASCADE, cents int NOT NULL DEFAULT 0);
CREATE FUNCTION make() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO c (p_id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER make AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION make();
-- old: INSERT INTO p VALUES (1, 'x'); DELETE FROM p => ok
-- new: SELECT cents FROM c => 42P01

-- case: search path of a function emptied
CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE h (id int);
CREATE FUNCTION f() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM t); END $$;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO h VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION keep();
-- migration: contract
ALTER FUNCTION f() SET search_path = '';
ALTER FUNCTION keep() SET search_path TO '';
-- old: SELECT f() => 42P01
-- old: INSERT INTO t VALUES (1, 1) => 42P01
-- new: SELECT id FROM t => ok

-- case: search path of a function with names in full emptied
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.t';
CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
-- migration: free
ALTER FUNCTION f() SET search_path = '';
ALTER FUNCTION g() SET search_path = public, pg_temp;
-- old: SELECT f() => ok
-- old: SELECT g() => ok
-- new: SELECT f() => ok

-- case: trigger counts by a query among values
CREATE TABLE t (id int PRIMARY KEY, owner int NOT NULL);
-- migration: expand
CREATE TABLE n (id bigserial PRIMARY KEY, owner int, total bigint);
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE n SET total = total + 1 WHERE owner = NEW.owner;
    IF NOT FOUND THEN INSERT INTO n (owner, total) VALUES (NEW.owner, (SELECT count(1) FROM t WHERE owner = NEW.owner)); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER count_up AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION count_up();
-- old: INSERT INTO t VALUES (1, 1) => ok
-- new: SELECT total FROM n => 42P01
