ALTER TABLE users ALTER COLUMN last_seen TYPE timestamptz USING last_seen AT TIME ZONE 'UTC';
ALTER TYPE reaction_kind RENAME VALUE 'laugh' TO 'joy';
