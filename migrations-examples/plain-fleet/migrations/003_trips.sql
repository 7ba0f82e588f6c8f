CREATE UNLOGGED TABLE positions (
    plate text NOT NULL,
    seen_at timestamptz NOT NULL,
    place point NOT NULL
);

CREATE TABLE trips (
    id bigserial PRIMARY KEY,
    plate text NOT NULL REFERENCES vehicles (plate) ON UPDATE CASCADE,
    started timestamp NOT NULL,
    ended timestamp,
    km numeric(7, 1)
);
