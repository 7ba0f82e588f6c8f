CREATE TABLE vehicles (
    plate text PRIMARY KEY,
    kind text NOT NULL,
    bought date NOT NULL,
    mileage integer NOT NULL DEFAULT 0
);
