CREATE TABLE transfers (
    id BIGSERIAL PRIMARY KEY,
    booked_on DATE NOT NULL,
    memo TEXT
);

CREATE TABLE entries (
    id SERIAL PRIMARY KEY,
    transfer_id BIGINT NOT NULL REFERENCES transfers (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    amount NUMERIC(14, 4) NOT NULL CHECK (amount <> 0)
);
CREATE INDEX entries_transfer_id_idx ON entries (transfer_id);
