CREATE TABLE devices (
    id bigint PRIMARY KEY,
    serial_no text NOT NULL,
    model text NOT NULL,
    firmware text,
    installed_at timestamptz NOT NULL DEFAULT now()
);
