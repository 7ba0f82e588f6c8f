-- A default that is worked out for each row: the whole table is written anew.
ALTER TABLE readings ADD COLUMN ingest_id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE readings ADD COLUMN quality smallint NOT NULL DEFAULT 100;
CREATE INDEX readings_taken_at_idx ON readings (taken_at);
