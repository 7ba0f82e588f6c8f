-- Deploy inventory:movements_idx to pg

-- Not in a transaction: the index is built while movements are booked.
CREATE INDEX CONCURRENTLY movements_item_idx ON inventory.movements (item_id, moved_at);
