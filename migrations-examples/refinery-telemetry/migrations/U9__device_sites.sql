-- Unversioned: may be applied after later migrations have been.
CREATE TABLE sites (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);
ALTER TABLE devices ADD COLUMN site_id integer REFERENCES sites (id);
