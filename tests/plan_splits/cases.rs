//! Changes that have no safe moment, and what both versions of an application do with them.

/// A change that has no safe moment, and what both versions do. `$n` is a number that was not used before.
pub struct Case {
    pub name: &'static str,
    pub init: &'static str,
    pub change: &'static str,
    pub old: &'static [&'static str],
    pub new: &'static [&'static str],
    /// The numbers of the rows that the old version sees, and the new one.
    pub rows: [&'static str; 2],
    /// What has to be repaired by hand when the old version is gone, before the end.
    pub repair: Option<&'static str>,
    /// Queries that give `t` in the end.
    pub holds: &'static [&'static str],
    /// Queries that give `t` on the old schema, after the new version wrote and the way back ran.
    pub back: &'static [&'static str],
}

pub const CASES: &[Case] = &[
    Case {
        name: "column renamed",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, full_name text NOT NULL CHECK (full_name <> ''), seen int DEFAULT 0);
               CREATE UNIQUE INDEX users_full_name_idx ON users (full_name);
               INSERT INTO users SELECT g, 'before ' || g FROM generate_series(-3000, -1) g;",
        change: "ALTER TABLE users RENAME COLUMN full_name TO display_name;",
        old: &[
            "INSERT INTO users (id, full_name) VALUES ($n, 'old $n')",
            "UPDATE users SET full_name = full_name || '!' WHERE id = $n",
            "UPDATE users SET seen = seen + 1 WHERE id = -1",
            "SELECT full_name FROM users WHERE id = $n",
            "INSERT INTO users (id, full_name) VALUES ($n, 'x') ON CONFLICT (id) DO UPDATE SET seen = users.seen + 1",
        ],
        new: &[
            "INSERT INTO users (id, display_name) VALUES ($n, 'new $n')",
            "UPDATE users SET display_name = display_name || '?' WHERE id = $n",
            "SELECT display_name FROM users WHERE id = $n",
            "INSERT INTO users (id, display_name) VALUES (5000000 + $n, 'new $n+') ON CONFLICT (display_name) DO NOTHING",
        ],
        rows: ["SELECT id FROM users", "SELECT id FROM users"],
        repair: None,
        holds: &["SELECT bool_and(display_name IS NOT NULL AND display_name ~ '^(before|old|new) ') FROM users"],
        back: &["SELECT bool_and(full_name ~ '^(before|old|new) ') FROM users"],
    },
    Case {
        name: "table renamed",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        change: "ALTER TABLE users RENAME TO people;",
        old: &[
            "INSERT INTO users (id, name) VALUES ($n, 'old')",
            "UPDATE users SET name = 'older' WHERE id = $n",
            "SELECT name FROM users WHERE id = $n",
            "INSERT INTO users (id, name) VALUES ($n, 'x') ON CONFLICT (id) DO UPDATE SET name = 'oldest'",
        ],
        new: &["INSERT INTO people (id, name) VALUES ($n, 'new')", "SELECT name FROM people WHERE id = $n"],
        rows: ["SELECT id FROM users", "SELECT id FROM people"],
        repair: None,
        holds: &["SELECT bool_and(name IN ('oldest', 'new')) FROM people"],
        back: &["SELECT bool_or(name = 'new') FROM users"],
    },
    Case {
        name: "table moved",
        init: "CREATE SCHEMA app; CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        change: "ALTER TABLE users SET SCHEMA app;",
        old: &["INSERT INTO users (id, name) VALUES ($n, 'old')", "SELECT name FROM users WHERE id = $n"],
        new: &["INSERT INTO app.users (id, name) VALUES ($n, 'new')", "SELECT name FROM app.users WHERE id = $n"],
        rows: ["SELECT id FROM users", "SELECT id FROM app.users"],
        repair: None,
        holds: &["SELECT count(*) > 0 FROM app.users"],
        back: &["SELECT bool_or(name = 'new') FROM users"],
    },
    Case {
        name: "type changed",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, reference text);
               INSERT INTO orders SELECT -g, gen_random_uuid() FROM generate_series(1, 3000) g;",
        change: "ALTER TABLE orders ALTER COLUMN reference TYPE uuid USING reference::uuid;",
        old: &[
            "INSERT INTO orders (id, reference) VALUES ($n, gen_random_uuid()::text)",
            "INSERT INTO orders (id, reference) VALUES (1000000 + $n, 'no uuid')",
            "UPDATE orders SET reference = gen_random_uuid()::text WHERE id = 1000000 + $n",
            "SELECT reference FROM orders WHERE id = $n",
        ],
        new: &[
            "INSERT INTO orders (id, reference_new) VALUES ($n, gen_random_uuid())",
            "UPDATE orders SET reference_new = gen_random_uuid() WHERE id = $n",
            "SELECT reference_new FROM orders WHERE id = $n",
        ],
        rows: ["SELECT id FROM orders", "SELECT id FROM orders"],
        repair: Some("DELETE FROM orders WHERE reference = 'no uuid'"),
        holds: &["SELECT bool_and(reference_new IS NOT NULL) FROM orders"],
        back: &["SELECT bool_and(reference IS NOT NULL) FROM orders"],
    },
    Case {
        name: "serial grown",
        init: "CREATE TABLE events (id serial PRIMARY KEY, note text); INSERT INTO events (note) SELECT 'x' FROM generate_series(1, 3000);",
        change: "ALTER TABLE events ALTER COLUMN id TYPE bigint;",
        old: &["INSERT INTO events (note) VALUES ('old $n')", "SELECT id FROM events ORDER BY id DESC LIMIT 1"],
        new: &["INSERT INTO events (note) VALUES ('new $n')", "SELECT id_new FROM events ORDER BY id_new DESC LIMIT 1"],
        rows: ["SELECT substring(note FROM '[0-9]+') FROM events WHERE note <> 'x'", "SELECT substring(note FROM '[0-9]+') FROM events WHERE note <> 'x'"],
        repair: None,
        holds: &[
            "SELECT count(*) = count(DISTINCT id_new) AND bool_and(id_new IS NOT NULL) FROM events",
            "SELECT count(*) = 1 FROM pg_constraint WHERE conrelid = 'events'::regclass AND contype = 'p'",
        ],
        back: &["SELECT count(*) = count(DISTINCT id) FROM events"],
    },
    Case {
        name: "required column",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders SELECT -g FROM generate_series(1, 100) g;",
        change: "ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL;",
        old: &["INSERT INTO orders (id) VALUES ($n)", "SELECT id FROM orders WHERE id = $n"],
        new: &["INSERT INTO orders (id, currency) VALUES ($n, 'EUR')", "SELECT currency FROM orders WHERE id = $n"],
        rows: ["SELECT id FROM orders", "SELECT id FROM orders"],
        repair: None,
        holds: &["SELECT bool_and(currency IS NOT NULL) FROM orders"],
        back: &[],
    },
    Case {
        name: "required column dropped",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, remark text NOT NULL);",
        change: "ALTER TABLE orders DROP COLUMN remark;",
        old: &["INSERT INTO orders (id, remark) VALUES ($n, 'old')", "SELECT remark FROM orders WHERE id = $n"],
        new: &["INSERT INTO orders (id) VALUES ($n)", "SELECT id FROM orders WHERE id = $n"],
        rows: ["SELECT id FROM orders", "SELECT id FROM orders"],
        repair: None,
        holds: &["SELECT count(*) > 0 FROM orders"],
        back: &[],
    },
    Case {
        name: "not null",
        init: "CREATE TABLE orders (id bigint PRIMARY KEY, remark text);",
        change: "ALTER TABLE orders ALTER COLUMN remark SET NOT NULL;",
        old: &["INSERT INTO orders (id, remark) VALUES ($n, 'old')"],
        new: &["INSERT INTO orders (id, remark) VALUES ($n, 'new')"],
        rows: ["SELECT id FROM orders", "SELECT id FROM orders"],
        repair: None,
        holds: &["SELECT attnotnull FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'remark'"],
        back: &[],
    },
    Case {
        name: "unique, check and foreign key",
        init: "CREATE TABLE users (id bigint PRIMARY KEY); INSERT INTO users VALUES (1);
               CREATE TABLE orders (id bigint PRIMARY KEY, number bigint, user_id bigint);",
        change: "ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE (number);
                 ALTER TABLE orders ADD CONSTRAINT orders_number_check CHECK (number > 0);
                 ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);",
        old: &["INSERT INTO orders (id, number, user_id) VALUES ($n, $n, 1)"],
        new: &["INSERT INTO orders (id, number, user_id) VALUES ($n, $n, 1)"],
        rows: ["SELECT id FROM orders", "SELECT id FROM orders"],
        repair: None,
        holds: &[
            "SELECT count(*) = 4 AND bool_and(convalidated) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype <> 'n'",
        ],
        back: &[],
    },
    Case {
        name: "enum label renamed",
        init: "CREATE TYPE kind AS ENUM ('laugh', 'cry'); CREATE TABLE reactions (id bigint PRIMARY KEY, kind kind NOT NULL);
               INSERT INTO reactions SELECT -g, 'laugh' FROM generate_series(1, 3000) g;",
        change: "ALTER TYPE kind RENAME VALUE 'laugh' TO 'joy';",
        old: &["INSERT INTO reactions (id, kind) VALUES ($n, 'laugh')", "SELECT kind FROM reactions WHERE id = $n"],
        new: &["INSERT INTO reactions (id, kind) VALUES ($n, 'joy')", "SELECT kind FROM reactions WHERE id = $n"],
        rows: ["SELECT id FROM reactions", "SELECT id FROM reactions"],
        repair: None,
        holds: &["SELECT bool_and(kind <> 'laugh') FROM reactions"],
        back: &[],
    },
    Case {
        name: "column renamed under a view",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, email text); CREATE VIEW addresses AS SELECT id, email FROM users;
               INSERT INTO users SELECT -g, 'before' FROM generate_series(1, 2000) g;",
        change: "ALTER TABLE users RENAME COLUMN email TO mail;",
        old: &["INSERT INTO users (id, email) VALUES ($n, 'old $n')", "SELECT email FROM addresses WHERE id = $n"],
        new: &["INSERT INTO users (id, mail) VALUES ($n, 'new $n')", "SELECT email FROM addresses WHERE id = $n"],
        rows: ["SELECT id FROM addresses WHERE email IS NOT NULL", "SELECT id FROM addresses WHERE email IS NOT NULL"],
        repair: None,
        holds: &["SELECT bool_and(mail IS NOT NULL) FROM users"],
        back: &["SELECT bool_and(email IS NOT NULL) FROM users"],
    },
    Case {
        name: "type changed under a view",
        init: "CREATE TABLE parts (id bigint PRIMARY KEY, n integer); CREATE VIEW counts AS SELECT id, n > 0 AS positive FROM parts;
               INSERT INTO parts SELECT -g, g FROM generate_series(1, 2000) g;",
        change: "DROP VIEW counts; ALTER TABLE parts ALTER COLUMN n TYPE bigint; CREATE VIEW counts AS SELECT id, n > 0 AS positive FROM parts;",
        old: &["INSERT INTO parts (id, n) VALUES ($n, 5)", "SELECT positive FROM counts WHERE id = $n"],
        new: &["INSERT INTO parts (id, n_new) VALUES ($n, 6)", "SELECT positive FROM counts WHERE id = $n"],
        rows: ["SELECT id FROM counts WHERE positive", "SELECT id FROM counts WHERE positive"],
        repair: None,
        holds: &["SELECT bool_and(positive) FROM counts"],
        back: &["SELECT bool_or(n = 6) FROM parts"],
    },
    Case {
        name: "enum label removed",
        init: "CREATE TYPE state AS ENUM ('open', 'closed', 'lost'); CREATE TABLE cases (id bigint PRIMARY KEY, state state NOT NULL DEFAULT 'open');
               INSERT INTO cases SELECT -g, 'lost' FROM generate_series(1, 2000) g;",
        change: "ALTER TYPE state RENAME TO state_old; CREATE TYPE state AS ENUM ('open', 'closed'); ALTER TABLE cases ALTER COLUMN state DROP DEFAULT;
                 ALTER TABLE cases ALTER COLUMN state TYPE state USING state::text::state; ALTER TABLE cases ALTER COLUMN state SET DEFAULT 'open';
                 DROP TYPE state_old;",
        old: &["INSERT INTO cases (id, state) VALUES ($n, 'lost')", "SELECT state FROM cases WHERE id = $n"],
        new: &["INSERT INTO cases (id, state) VALUES ($n, 'closed')", "SELECT state FROM cases WHERE id = $n"],
        rows: ["SELECT id FROM cases", "SELECT id FROM cases"],
        repair: Some("UPDATE cases SET state = 'closed' WHERE state = 'lost'"),
        holds: &[
            "SELECT bool_and(state <> 'lost') FROM cases",
            "SELECT convalidated FROM pg_constraint WHERE conrelid = 'cases'::regclass AND contype = 'c'",
        ],
        back: &[],
    },
    Case {
        name: "schema renamed",
        init: "CREATE SCHEMA app; CREATE TABLE app.users (id bigint PRIMARY KEY, name text NOT NULL);",
        change: "ALTER SCHEMA app RENAME TO core;",
        old: &["INSERT INTO app.users (id, name) VALUES ($n, 'old')", "UPDATE app.users SET name = 'older' WHERE id = $n"],
        new: &["INSERT INTO core.users (id, name) VALUES ($n, 'new')", "SELECT name FROM core.users WHERE id = $n"],
        rows: ["SELECT id FROM app.users", "SELECT id FROM core.users"],
        repair: None,
        holds: &["SELECT bool_and(name IN ('older', 'new')) FROM core.users", "SELECT to_regnamespace('app') IS NULL"],
        back: &["SELECT bool_or(name = 'new') FROM app.users"],
    },
    Case {
        name: "primary key widened",
        init: "CREATE TABLE stock (item bigint, place bigint, amount bigint DEFAULT 0, CONSTRAINT stock_pkey PRIMARY KEY (item));
               INSERT INTO stock SELECT -g, 1 FROM generate_series(1, 2000) g;",
        change: "ALTER TABLE stock DROP CONSTRAINT stock_pkey; ALTER TABLE stock ADD CONSTRAINT stock_pkey PRIMARY KEY (item, place);",
        old: &[
            "INSERT INTO stock (item, place) VALUES ($n, 2)",
            "INSERT INTO stock (item, place) VALUES ($n, 2) ON CONFLICT (item) DO UPDATE SET amount = stock.amount + 1",
        ],
        new: &["INSERT INTO stock (item, place) VALUES ($n, 3)", "UPDATE stock SET amount = 5 WHERE (item, place) = ($n, 3)"],
        rows: ["SELECT item FROM stock", "SELECT item FROM stock"],
        repair: None,
        holds: &[
            "SELECT pg_get_constraintdef(oid) = 'PRIMARY KEY (item, place)' FROM pg_constraint WHERE conname = 'stock_pkey'",
            "SELECT bool_and(amount IN (0, 1, 5)) FROM stock",
        ],
        back: &["SELECT pg_get_constraintdef(oid) = 'PRIMARY KEY (item)' FROM pg_constraint WHERE conname = 'stock_pkey'"],
    },
    Case {
        name: "primary key of another column",
        init: "CREATE TABLE keys (old_id bigint, new_id bigint NOT NULL, CONSTRAINT keys_pkey PRIMARY KEY (old_id));
               INSERT INTO keys SELECT -g, -g FROM generate_series(1, 2000) g;",
        change: "ALTER TABLE keys DROP CONSTRAINT keys_pkey, ADD CONSTRAINT keys_pkey PRIMARY KEY (new_id);",
        old: &[
            "INSERT INTO keys (old_id, new_id) VALUES ($n, $n)",
            "INSERT INTO keys (old_id, new_id) VALUES ($n, $n) ON CONFLICT (old_id) DO UPDATE SET new_id = keys.new_id",
        ],
        new: &["INSERT INTO keys (old_id, new_id) VALUES ($n, $n)"],
        rows: ["SELECT old_id FROM keys", "SELECT new_id FROM keys"],
        repair: None,
        holds: &["SELECT pg_get_constraintdef(oid) = 'PRIMARY KEY (new_id)' FROM pg_constraint WHERE conname = 'keys_pkey'"],
        back: &[],
    },
    Case {
        name: "column added, filled and demanded",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL); INSERT INTO users SELECT -g, 'x' FROM generate_series(1, 2000) g;",
        change: "ALTER TABLE users ADD COLUMN login text; UPDATE users SET login = name WHERE login IS NULL;
                 ALTER TABLE users ALTER COLUMN login SET NOT NULL;",
        old: &["INSERT INTO users (id, name) VALUES ($n, 'old')"],
        new: &["INSERT INTO users (id, name, login) VALUES ($n, 'new', 'new')"],
        rows: ["SELECT id FROM users", "SELECT id FROM users"],
        repair: None,
        holds: &["SELECT bool_and(login = name) FROM users", "SELECT attnotnull FROM pg_attribute WHERE attname = 'login'"],
        back: &[],
    },
    Case {
        name: "table split",
        init: "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text, phone text);
               INSERT INTO users SELECT -g, 'x', 'before', NULL FROM generate_series(1, 3000) g;",
        change: "CREATE TABLE contacts (user_id bigint PRIMARY KEY REFERENCES users (id), email text, phone text);
                 INSERT INTO contacts (user_id, email, phone) SELECT id, email, phone FROM users;
                 ALTER TABLE users DROP COLUMN email; ALTER TABLE users DROP COLUMN phone;",
        old: &[
            "INSERT INTO users (id, name, email) VALUES ($n, 'old', 'old $n')",
            "UPDATE users SET phone = '1' WHERE id = $n",
            "SELECT email, phone FROM users WHERE id = $n",
            "INSERT INTO users (id, name, email) VALUES (5000000 + $n, 'brief', 'x')",
            "DELETE FROM users WHERE id = 5000000 + $n",
        ],
        new: &[
            "INSERT INTO users (id, name) VALUES ($n, 'new')",
            "INSERT INTO contacts (user_id, email) VALUES ($n, 'new $n')",
            "UPDATE contacts SET phone = '2' WHERE user_id = $n",
            "SELECT email, phone FROM contacts WHERE user_id = $n",
        ],
        rows: ["SELECT id FROM users WHERE email IS NOT NULL", "SELECT user_id FROM contacts WHERE email IS NOT NULL"],
        repair: None,
        holds: &[
            "SELECT count(*) = 0 FROM contacts WHERE user_id > 0 AND (phone IS NULL OR email NOT IN ('old ' || user_id, 'new ' || user_id))",
            "SELECT count(*) = 3000 FROM contacts WHERE email = 'before'",
            "SELECT count(*) = 0 FROM pg_trigger WHERE NOT tgisinternal",
        ],
        back: &["SELECT count(*) = 0 FROM users WHERE name = 'new' AND (email <> 'new ' || id OR phone <> '2')"],
    },
];
