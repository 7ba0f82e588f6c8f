-- Nullable, so that the running version can go on inserting orders.
ALTER TABLE orders ADD COLUMN delivery_address text;
ALTER TABLE orders ADD COLUMN gift boolean NOT NULL DEFAULT false;
CREATE INDEX orders_open_idx ON orders (placed_at) WHERE status = 'open';
