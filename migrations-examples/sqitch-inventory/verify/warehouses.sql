-- Verify inventory:warehouses on pg

BEGIN;

SELECT code, name, country FROM inventory.warehouses WHERE false;

ROLLBACK;
