-- Revert inventory:stock_level from pg

BEGIN;

CREATE OR REPLACE FUNCTION inventory.stock_level(item integer) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(quantity), 0) FROM inventory.movements WHERE item_id = item
$$;

DROP FUNCTION inventory.stock_level(integer, char);

COMMIT;
