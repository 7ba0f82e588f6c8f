ALTER TYPE reaction_kind RENAME VALUE 'joy' TO 'laugh';
ALTER TABLE users ALTER COLUMN last_seen TYPE timestamp USING last_seen AT TIME ZONE 'UTC';
