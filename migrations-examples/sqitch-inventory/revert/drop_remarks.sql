-- Revert inventory:drop_remarks from pg

BEGIN;

CREATE RULE movements_no_update AS ON UPDATE TO inventory.movements DO INSTEAD NOTHING;
ALTER TABLE inventory.warehouses ALTER COLUMN country SET DEFAULT 'DE';
ALTER TABLE inventory.movements ALTER COLUMN id SET GENERATED ALWAYS;
ALTER TABLE inventory.movements ADD COLUMN remark text;

COMMIT;
