CREATE TYPE unit AS ENUM ('celsius', 'percent', 'pascal');

CREATE TABLE readings (
    device_id bigint NOT NULL REFERENCES devices (id),
    taken_at timestamptz NOT NULL,
    unit unit NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (device_id, taken_at, unit)
);
