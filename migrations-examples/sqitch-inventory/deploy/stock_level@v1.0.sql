-- Deploy inventory:stock_level to pg

BEGIN;

CREATE OR REPLACE FUNCTION inventory.stock_level(item integer) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(quantity), 0) FROM inventory.movements WHERE item_id = item
$$;

COMMIT;
