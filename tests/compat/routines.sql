-- case: default argument added
CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- migration: expand
CREATE OR REPLACE FUNCTION f(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- old: SELECT f(1, 2) => ok
-- new: SELECT f(1) => 42883

-- case: default argument removed
CREATE FUNCTION f(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- migration: contract
DROP FUNCTION f(int, int);
CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- old: SELECT f(1) => 42883
-- new: SELECT f(1, 2) => ok

-- case: parameter renamed
CREATE FUNCTION f(amount int) RETURNS int LANGUAGE sql AS 'SELECT amount';
-- migration: breaking
DROP FUNCTION f(int);
CREATE FUNCTION f(cents int) RETURNS int LANGUAGE sql AS 'SELECT cents';
-- old: SELECT f(amount => 1) => 42883
-- new: SELECT f(cents => 1) => 42883

-- case: table function gets a column
CREATE FUNCTION f() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1';
-- migration: expand
DROP FUNCTION f();
CREATE FUNCTION f() RETURNS TABLE (a int, b text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
-- old: SELECT a FROM f() => ok
-- new: SELECT b FROM f() => 42703

-- case: table function loses a column
CREATE FUNCTION f() RETURNS TABLE (a int, b text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
-- migration: contract
DROP FUNCTION f();
CREATE FUNCTION f() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1';
-- old: SELECT b FROM f() => 42703
-- new: SELECT a FROM f() => ok

-- case: setof table function follows the table
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE FUNCTION f() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
-- migration: contract
ALTER TABLE t DROP COLUMN a;
-- old: SELECT a FROM f() => 42703
-- new: SELECT id FROM f() => ok

-- case: function moved
CREATE SCHEMA api; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- migration: breaking
ALTER FUNCTION f() SET SCHEMA api;
-- old: SELECT f() => 42883
-- new: SELECT api.f() => 42883

-- case: function renamed with a wrapper
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: expand
ALTER FUNCTION f(int) RENAME TO g;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT g(a)';
-- old: SELECT f(1) => ok
-- new: SELECT g(1) => 42883

-- case: function attributes
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: free
ALTER FUNCTION f(int) STABLE STRICT PARALLEL SAFE COST 5;
ALTER FUNCTION f(int) SET search_path = public;
-- old: SELECT f(1) => ok

-- case: overload of another type
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: expand
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT length(a)';
-- old: SELECT f(1) => ok
-- new: SELECT f('x'::text) => 42883

-- case: overload dropped
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT length(a)';
-- migration: contract
DROP FUNCTION f(text);
-- old: SELECT f('x'::text) => 42883
-- new: SELECT f(1) => ok

-- case: ambiguity removed
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION f(a int, b int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- migration: expand
DROP FUNCTION f(int);
-- old: SELECT f(1, 2) => ok
-- new: SELECT f(1) => 42725

-- case: argument widened
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- migration: expand
DROP FUNCTION f(int);
CREATE FUNCTION f(a bigint) RETURNS int LANGUAGE sql AS 'SELECT a::int';
-- old: SELECT f(1::int) => ok
-- new: SELECT f(1::bigint) => 42883

-- case: function to procedure
CREATE FUNCTION f(a int) RETURNS void LANGUAGE sql AS 'SELECT 1';
-- migration: breaking
DROP FUNCTION f(int);
CREATE PROCEDURE f(a int) LANGUAGE sql AS 'SELECT 1';
-- old: SELECT f(1) => 42809
-- new: CALL f(1) => 42809

-- case: definer becomes invoker
CREATE ROLE app_routines32;
CREATE TABLE t (id int PRIMARY KEY);
CREATE FUNCTION add_t() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO t VALUES (1)';
-- migration: contract
ALTER FUNCTION add_t() SECURITY INVOKER;
-- old: SET LOCAL ROLE app_routines32; SELECT add_t() => 42501
-- new: SELECT add_t() => ok

-- case: default function dropped with cascade
CREATE FUNCTION gen() RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT gen());
-- migration: contract
DROP FUNCTION gen() CASCADE;
-- old: INSERT INTO t (id) VALUES (1) => 23502
-- old: SELECT gen() => 42883
-- new: INSERT INTO t VALUES (1, 'x') => ok

-- case: aggregate replaced
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
-- migration: contract
DROP AGGREGATE total(int);
-- old: SELECT total(x) FROM (VALUES (1)) v(x) => 42883

-- case: function becomes variadic
CREATE FUNCTION f(a text[]) RETURNS int LANGUAGE sql AS 'SELECT cardinality(a)';
-- migration: breaking
DROP FUNCTION f(text[]);
CREATE FUNCTION f(VARIADIC a text[]) RETURNS int LANGUAGE sql AS 'SELECT cardinality(a)';
-- old: SELECT f(ARRAY['a', 'b']) => 42883
-- new: SELECT f('a', 'b') => 42883
