BEGIN;
CREATE TABLE depots (
    id smallint PRIMARY KEY,
    town text NOT NULL
);
COPY depots (id, town) FROM stdin;
1	Aarhus
2	Odense
3	Esbjerg; harbour
\.
ALTER TABLE vehicles ADD COLUMN depot_id smallint REFERENCES depots (id);
COMMIT;
