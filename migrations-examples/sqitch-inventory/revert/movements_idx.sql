-- Revert inventory:movements_idx from pg

DROP INDEX CONCURRENTLY inventory.movements_item_idx;
