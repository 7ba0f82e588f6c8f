CREATE DOMAIN severity AS smallint CHECK (VALUE BETWEEN 0 AND 9);

CREATE TABLE alarms (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id bigint NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    severity severity NOT NULL DEFAULT 1,
    text text NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz
);
