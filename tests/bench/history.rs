//! A history that grows as histories do: every tenth migration makes a table, the others change what is there.

/// How many migrations follow each other before the pattern begins again with the next table.
const TURN: usize = 10;

/// The name of a migration's file.
pub fn name(number: usize) -> String {
    format!("{number:06}_step.sql")
}

/// The text of a migration.
pub fn migration(number: usize) -> String {
    let table = number / TURN;
    let parent = table / 2;
    match number % TURN {
        0 => format!(
            "-- Accounts of kind {table}.\n\
             CREATE TYPE state_{table} AS ENUM ('new', 'open', 'done');\n\
             CREATE TABLE account_{table} (\n    \
                 id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    \
                 name text NOT NULL,\n    \
                 email character varying(320) NOT NULL UNIQUE,\n    \
                 state state_{table} NOT NULL DEFAULT 'new',\n    \
                 balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (balance >= 0),\n    \
                 tags text[] NOT NULL DEFAULT '{{}}',\n    \
                 created_at timestamp with time zone NOT NULL DEFAULT now()\n\
             );\n\
             CREATE INDEX account_{table}_created ON account_{table} (created_at DESC) WHERE state <> 'done';\n"
        ),
        1 => format!("ALTER TABLE account_{table} ADD COLUMN phone text, ADD COLUMN notes jsonb NOT NULL DEFAULT '{{}}';\n"),
        2 => format!("CREATE INDEX CONCURRENTLY account_{table}_phone ON account_{table} (lower(phone), id);\n"),
        3 => format!(
            "ALTER TABLE account_{table} ADD COLUMN parent_id bigint;\n\
             ALTER TABLE account_{table} ADD CONSTRAINT account_{table}_parent FOREIGN KEY (parent_id)\n    \
                 REFERENCES account_{parent} (id) ON DELETE SET NULL NOT VALID;\n"
        ),
        4 => format!("ALTER TABLE account_{table} VALIDATE CONSTRAINT account_{table}_parent;\n"),
        5 => format!(
            "CREATE VIEW open_{table} AS\n    \
                 SELECT a.id, a.name, a.balance, p.email AS parent_email, count(*) OVER (PARTITION BY a.state) AS alike\n    \
                 FROM account_{table} a LEFT JOIN account_{parent} p ON p.id = a.parent_id\n    \
                 WHERE a.state = 'open';\n"
        ),
        6 => format!(
            "CREATE FUNCTION touch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
             BEGIN\n    \
                 NEW.notes := NEW.notes || jsonb_build_object('touched', now());\n    \
                 RETURN NEW;\n\
             END $$;\n\
             CREATE TRIGGER touch BEFORE UPDATE ON account_{table} FOR EACH ROW EXECUTE FUNCTION touch_{table}();\n"
        ),
        7 => format!(
            "UPDATE account_{table} SET phone = trim(phone) WHERE phone <> trim(phone);\n\
             INSERT INTO account_{table} (name, email) VALUES ('nobody', 'nobody@example.org') ON CONFLICT (email) DO NOTHING;\n"
        ),
        8 => format!(
            "ALTER TYPE state_{table} ADD VALUE 'late' AFTER 'open';\n\
             COMMENT ON COLUMN account_{table}.balance IS 'in the currency of the account';\n"
        ),
        _ => format!(
            "ALTER TABLE account_{table} RENAME COLUMN notes TO details;\n\
             ALTER TABLE account_{table} ALTER COLUMN name TYPE character varying(200);\n\
             GRANT SELECT ON account_{table} TO PUBLIC;\n"
        ),
    }
}
