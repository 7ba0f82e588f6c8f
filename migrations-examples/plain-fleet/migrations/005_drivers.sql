BEGIN;
CREATE TYPE licence AS ENUM ('B', 'C', 'CE');
CREATE TABLE drivers (
    id serial PRIMARY KEY,
    name text NOT NULL,
    licences licence[] NOT NULL DEFAULT '{B}'
);
ALTER TABLE trips ADD COLUMN driver_id integer REFERENCES drivers (id);
COMMIT;
